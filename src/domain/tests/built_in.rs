use crate::domain::{BUILT_IN, Domain};

#[test]
fn every_built_in_domain_loads_under_its_name() {
    for built_in in BUILT_IN {
        let domain = match Domain::parse(built_in.text, &mut |path| built_in.file(path)) {
            Ok(domain) => domain,
            Err(errors) => panic!("{}:\n{errors}", built_in.name),
        };
        assert_eq!(&*domain.name, built_in.name);
        assert!(!domain.sagas.is_empty() && !domain.invariants.is_empty(), "{}", built_in.name);
    }
}
