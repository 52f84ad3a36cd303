//! What is recorded is what happened: every fact becomes an event and comes back from it without loss.

use sagascope::runtime::{Fact, Position};

use crate::support::{domain, world_of};

#[test]
fn every_fact_comes_back_from_its_event() {
    let mut kinds = std::collections::BTreeSet::new();
    for line in [
        "shop/fulfilment?fault=process-payment:undo-fails&fault=confirm-order:reject",
        "shop/fulfilment?fault=confirm-order:timeout&fault=create-order:transient:1&fault=process-payment/reply:poison@1",
        "shop/fulfilment?fault=process-payment:timeout&fault=create-order/undo:lost&fault=send-confirmation:lost@7",
        "shop/fulfilment?fault=process-payment:duplicated&without=idempotency&fault=create-order:crash-before-ack",
        "shop/fulfilment_choreographed?fault=confirm-order:reject",
        "travel/trip?fault=issue-vouchers:transient:99",
    ] {
        let domain = domain(line.split('/').next().unwrap());
        let mut world = world_of(&domain, line).recording_transport().watched();
        world.run();
        let names = world.wiring().step_names();
        for ((_, event), recorded) in world.journal().events_from(Position(1)).zip(world.events()) {
            let data = recorded.data.value().unwrap();
            let back = Fact::from_json(&recorded.event_type, &data, names);
            if let Fact::Domain(fact) = &event.fact {
                assert_eq!(*fact.event_type, *recorded.event_type);
                assert_eq!(*fact.data, data);
                continue;
            }
            assert_eq!(back.unwrap().unwrap(), event.fact, "{line}");
            kinds.insert(recorded.event_type);
        }
    }
    assert!(kinds.len() > 35, "{} kinds of facts: {kinds:?}", kinds.len());
    assert!(kinds.contains("check.broken"));
}
