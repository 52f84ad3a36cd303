//! Which of the twelve hues a family of event types has: a pure function of its name, so that it is the
//! same in every view, on every machine and in every version.

/// Hues there are.
const HUES: u64 = 12;

/// Chosen so that the families of the samples fall on distinct hues: order 1, stock and inventory 2,
/// shipment 4, shipping 8, payment 9. Changing it recolours everything.
const SEED: u64 = 22_886_591;

/// The hue of a family, 1 to 12, by FNV-1a over its lower-case name.
pub fn hue_of_family(family: &str) -> usize {
    let mut hash = 0xCBF2_9CE4_8422_2325 ^ SEED;
    for byte in family.bytes() {
        hash ^= u64::from(byte.to_ascii_lowercase());
        hash = hash.wrapping_mul(0x0100_0000_01B3);
    }
    // The low bits of FNV depend on the low bits of the bytes alone: fold the high half in.
    ((hash ^ (hash >> 32)) % HUES) as usize + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_families_of_the_samples_keep_their_hues() {
        for (family, hue) in [
            ("order", 1),
            ("Order", 1),
            ("stock", 2),
            ("inventory", 2),
            ("shipment", 4),
            ("shipping", 8),
            ("payment", 9),
            ("notification", 10),
            ("saga", 7),
        ] {
            assert_eq!(hue_of_family(family), hue, "{family}");
        }
    }

    #[test]
    fn every_hue_is_used_and_none_outside_the_twelve() {
        let mut seen = [0_u32; 13];
        for n in 0..2_400 {
            seen[hue_of_family(&format!("family{n}"))] += 1;
        }
        assert_eq!(seen[0], 0);
        assert!(seen[1..].iter().all(|count| (100..300).contains(count)), "{seen:?}");
    }
}
