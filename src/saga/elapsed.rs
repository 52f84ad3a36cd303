//! The time column of a drawing: how long after the beginning each row was, all of them written alike, so that the column
//! is read by its digits. Lengths of time in sentences are another matter ([`super::text`]).

/// Nanoseconds of a second, and of the units that stand before it.
const SECOND: i64 = 1_000_000_000;
const DAY: i64 = 86_400;

/// How the times of a column are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Elapsed {
    /// Digits behind the seconds.
    digits: u32,
    /// Seconds of the longest.
    most: i64,
}

impl Elapsed {
    /// As exactly as it takes to tell each row from the next: whole seconds where all are, else milliseconds or finer.
    pub(super) fn of(offsets: &[i64]) -> Self {
        let most = offsets.iter().copied().max().unwrap_or(0).max(0) / SECOND;
        let differ = |digits: u32| {
            let unit = SECOND / 10_i64.pow(digits);
            offsets.windows(2).all(|pair| pair[0] == pair[1] || pair[0] / unit != pair[1] / unit)
        };
        let digits = if offsets.iter().all(|offset| offset % SECOND == 0) {
            0
        } else {
            [3, 6].into_iter().find(|digits| differ(*digits)).unwrap_or(9)
        };
        Self { digits, most }
    }

    /// `0.012`, `4:59.012`, `2:04:59.012`, `11 d 02:04:59.012`.
    pub(super) fn text(self, nanos: i64) -> String {
        let nanos = nanos.max(0);
        let (all, rest) = (nanos / SECOND, nanos % SECOND);
        let (days, hours, minutes, seconds) = (all / DAY, all / 3_600 % 24, all / 60 % 60, all % 60);
        let whole = match self.most {
            0..60 => format!("{seconds}"),
            60..3_600 => format!("{minutes}:{seconds:02}"),
            3_600..DAY => format!("{hours}:{minutes:02}:{seconds:02}"),
            _ => format!("{days} d {hours:02}:{minutes:02}:{seconds:02}"),
        };
        if self.digits == 0 {
            return if self.most < 60 { format!("{whole} s") } else { whole };
        }
        let behind = rest / 10_i64.pow(9 - self.digits);
        let unit = if self.most < 60 { " s" } else { "" };
        format!("{whole}.{behind:0width$}{unit}", width = self.digits as usize)
    }

    /// Letters of the longest.
    pub(super) fn letters(self) -> usize {
        self.text(self.most * SECOND).chars().count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_of_a_long_saga_has_a_time_of_its_own() {
        let day = DAY * SECOND;
        let offsets = [0, 11 * day, 11 * day + 336_000_000, 11 * day + 418_000_000, 12 * day];
        let elapsed = Elapsed::of(&offsets);
        let texts: Vec<String> = offsets.iter().map(|offset| elapsed.text(*offset)).collect();
        assert_eq!(texts[2], "11 d 00:00:00.336");
        assert!(texts.windows(2).all(|pair| pair[0] != pair[1]), "{texts:?}");
        assert!(texts.iter().all(|text| text.chars().count() <= elapsed.letters()));
    }

    #[test]
    fn it_is_as_exact_as_the_rows_are_close() {
        for (offsets, last) in [
            (vec![0, 2 * SECOND], "2 s"),
            (vec![0, 12_000_000, 861_000_000], "0.861 s"),
            (vec![0, 12_000, 36_000], "0.000036 s"),
            (vec![0, 12, 36], "0.000000036 s"),
            (vec![0, 299 * SECOND], "4:59"),
            (vec![0, 12, 12, 299 * SECOND + 1_000_000], "4:59.001000000"),
            (vec![0, 7_499 * SECOND + 12_000_000], "2:04:59.012"),
            (vec![0, -5], "0.000000000 s"),
        ] {
            let elapsed = Elapsed::of(&offsets);
            assert_eq!(elapsed.text(offsets[offsets.len() - 1]), last, "{offsets:?}");
        }
    }
}
