//! How much memory this process may use: a log that does not fit ends with a sentence and what was read of it, rather
//! than with a process that the system kills. Nothing here limits what is not asked: a loader asks between batches.

use std::fs::read_to_string;

/// The variable that sets the limit, in MiB.
const VARIABLE: &str = "SAGASCOPE_MEMORY_MB";

/// Of the memory that is free when a loader begins, parts in a hundred that it may fill.
const SHARE_PERCENT: u64 = 80;

/// The least that a person can set, in bytes.
const LEAST: u64 = 64_000_000;

/// What is used beside a log where the system does not tell what is free.
const ROOM_UNTOLD: u64 = 1 << 30;

/// Bytes that this process may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryLimit(Option<u64>);

impl MemoryLimit {
    /// What the person set, else four fifths of what is free now beside what is in use; none where the system does not
    /// tell.
    pub fn of_this_system() -> Self {
        let set = std::env::var(VARIABLE).ok().and_then(|text| text.trim().parse::<u64>().ok());
        let of_system = || Some(resident()? + free()? / 100 * SHARE_PERCENT);
        Self(set.map(|mebibytes| mebibytes << 20).or_else(of_system))
    }

    /// As a person writes it: `4 GB`, `800 MB`. `None` where that is no size, or less than a window needs.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = u64::try_from(crate::query::bytes(text.trim())?).ok()?;
        (bytes >= LEAST).then_some(Self(Some(bytes)))
    }

    /// So many bytes.
    pub fn of(bytes: u64) -> Self {
        Self(Some(bytes))
    }

    /// The limit in bytes, where there is one.
    pub fn bytes(self) -> Option<u64> {
        self.0
    }

    /// Bytes that may be kept of a log to be searched, where `kept` are kept already: half of what the limit leaves to
    /// everything else, for a log that is open may grow and be asked.
    pub(super) fn room(self, kept: u64) -> u64 {
        self.0
            .zip(resident())
            .map_or(ROOM_UNTOLD, |(limit, used)| limit.saturating_sub(used.saturating_sub(kept)) / 2)
    }

    /// Why no more is read, if that is so.
    pub(super) fn exceeded(self, events: u64) -> Option<String> {
        let (limit, used) = (self.0?, resident()?);
        (used > limit).then(|| {
            let mebibytes = |bytes: u64| bytes >> 20;
            format!(
                "The log does not fit into memory: {} MB are in use and {} MB allowed, so reading stopped after {events} events. They can be used. Close other programs, open fewer files, or allow more: Memory limit… in the window, {VARIABLE} on the command line",
                mebibytes(used),
                mebibytes(limit)
            )
        })
    }
}

/// Bytes of memory that this process holds now.
fn resident() -> Option<u64> {
    let status = read_to_string("/proc/self/status").ok()?;
    kibibytes(&status, "VmRSS:")
}

/// Bytes that can be had without making the system swap, as far as it tells; less where a container allows less.
fn free() -> Option<u64> {
    let of_machine = kibibytes(&read_to_string("/proc/meminfo").ok()?, "MemAvailable:")?;
    let number =
        |file: &str| read_to_string(format!("/sys/fs/cgroup/{file}")).ok()?.trim().parse::<u64>().ok();
    // Pages of files that were read count as in use there, and are given back when somebody needs them.
    let stat = read_to_string("/sys/fs/cgroup/memory.stat").unwrap_or_default();
    let cached =
        stat.lines().find_map(|line| line.strip_prefix("inactive_file ")?.trim().parse::<u64>().ok());
    let of_container = number("memory.max").zip(number("memory.current"));
    let of_container = of_container
        .map_or(u64::MAX, |(most, now)| most.saturating_sub(now.saturating_sub(cached.unwrap_or_default())));
    Some(of_machine.min(of_container))
}

/// The number behind a name in a list of the kernel's, whose unit is always "kB".
fn kibibytes(list: &str, name: &str) -> Option<u64> {
    let line = list.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kibibytes| kibibytes << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_the_kernel_are_read() {
        let list =
            "MemTotal:       24601236 kB\nMemAvailable:   23000000 kB\nVmRSS:\t  812 kB\nOdd: many kB\n";
        for (name, expected) in [
            ("MemAvailable:", Some(23_000_000 << 10)),
            ("VmRSS:", Some(812 << 10)),
            ("Odd:", None),
            ("Missing:", None),
        ] {
            assert_eq!(kibibytes(list, name), expected, "{name}");
        }
    }

    #[test]
    fn a_limit_is_written_as_a_size() {
        for (text, expected) in [
            ("4 GB", Some(4_000_000_000)),
            (" 800MB ", Some(800_000_000)),
            ("1.5GiB", Some(3 << 29)),
            ("64 MB", Some(64_000_000)),
            ("63 MB", None),
            ("-4 GB", None),
            ("4", None),
            ("much", None),
            ("", None),
        ] {
            assert_eq!(MemoryLimit::parse(text).and_then(MemoryLimit::bytes), expected, "{text}");
        }
    }

    #[test]
    fn more_than_allowed_is_said_with_what_was_read() {
        assert_eq!(MemoryLimit(None).exceeded(3), None);
        assert_eq!(MemoryLimit::of(u64::MAX).exceeded(3), None);
        if resident().is_some() {
            let said = MemoryLimit::of(1 << 20).exceeded(1_234).unwrap();
            assert!(said.contains("1 MB allowed") && said.contains("after 1234 events"), "{said}");
        }
    }
}
