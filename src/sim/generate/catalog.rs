//! Who buys and where they live: word lists, and how a number becomes a person. What they buy is the domain's.
//! All made up; addresses of mail end in example.com. Names stand in the scripts that real shops see.

use crate::base::prng::Prng;

use super::line::{Padded, put};

/// A country's share of the customers.
pub(super) struct Locale {
    pub(super) tag: &'static str,
    pub(super) country: &'static str,
    family_first: bool,
    given: &'static [&'static str],
    family: &'static [&'static str],
    streets: &'static [&'static str],
    cities: &'static [(&'static str, &'static str)],
}

static LOCALES: &[Locale] = &[
    Locale {
        tag: "en-US",
        country: "US",
        family_first: false,
        given: &["Olivia", "Liam", "Emma", "Noah", "Ava", "Mason", "Sophia", "Lucas"],
        family: &["Walker", "Hughes", "Ramirez", "O'Neill", "Brooks", "Peterson", "Nguyen"],
        streets: &["Maple Avenue", "Oak Street", "Sunset Boulevard", "Cedar Lane", "Lakeview Drive"],
        cities: &[("Portland", "97205"), ("Austin", "78701"), ("Madison", "53703"), ("Denver", "80202")],
    },
    Locale {
        tag: "de-DE",
        country: "DE",
        family_first: false,
        given: &["Jürgen", "Anke", "Björn", "Käthe", "Lukas", "Mareike", "Sören"],
        family: &["Müller", "Schäfer", "Weiß", "Brandt", "Köhler", "Lorenz"],
        streets: &["Bahnhofstraße", "Lindenallee", "Am Mühlbach", "Goethestraße", "Königsweg"],
        cities: &[("München", "80331"), ("Köln", "50667"), ("Leipzig", "04109"), ("Lübeck", "23552")],
    },
    Locale {
        tag: "fr-FR",
        country: "FR",
        family_first: false,
        given: &["Chloé", "Théo", "Élodie", "Mathis", "Zoë", "François"],
        family: &["Lefèvre", "Dubois", "Garçon", "Moreau", "Béranger"],
        streets: &["rue de la République", "avenue des Tilleuls", "rue du Château", "quai Saint-Michel"],
        cities: &[("Lyon", "69002"), ("Besançon", "25000"), ("Orléans", "45000")],
    },
    Locale {
        tag: "pl-PL",
        country: "PL",
        family_first: false,
        given: &["Łukasz", "Agnieszka", "Paweł", "Żaneta", "Grzegorz"],
        family: &["Wiśniewska", "Kowalczyk", "Dąbrowski", "Zając", "Woźniak"],
        streets: &["ulica Długa", "ulica Świętojańska", "aleja Róż", "ulica Źródlana"],
        cities: &[("Łódź", "90-001"), ("Kraków", "31-002"), ("Gdańsk", "80-831")],
    },
    Locale {
        tag: "el-GR",
        country: "GR",
        family_first: false,
        given: &["Ελένη", "Γιώργος", "Κατερίνα", "Νίκος"],
        family: &["Παπαδοπούλου", "Οικονόμου", "Νικολάου", "Γεωργίου"],
        streets: &["Ερμού", "Οδός Αθηνάς", "Πανεπιστημίου"],
        cities: &[("Αθήνα", "105 57"), ("Θεσσαλονίκη", "546 24")],
    },
    Locale {
        tag: "uk-UA",
        country: "UA",
        family_first: false,
        given: &["Олена", "Тарас", "Ганна", "Ївга", "Богдан"],
        family: &["Шевчук", "Коваленко", "Бойко", "Мельник"],
        streets: &["вулиця Лесі Українки", "вулиця Садова", "проспект Миру"],
        cities: &[("Київ", "01001"), ("Львів", "79000"), ("Одеса", "65000")],
    },
    Locale {
        tag: "ja-JP",
        country: "JP",
        family_first: true,
        given: &["花子", "健太", "美咲", "翔", "さくら"],
        family: &["佐藤", "田中", "渡辺", "小林", "髙橋"],
        streets: &["本町", "桜ヶ丘", "中央", "緑が丘"],
        cities: &[("東京都", "100-0001"), ("大阪市", "530-0001"), ("札幌市", "060-0001")],
    },
    Locale {
        tag: "zh-CN",
        country: "CN",
        family_first: true,
        given: &["小明", "丽华", "伟", "静怡", "子涵"],
        family: &["王", "李", "张", "欧阳", "陈"],
        streets: &["人民路", "解放大道", "长江西路"],
        cities: &[("上海", "200000"), ("成都", "610000"), ("广州", "510000")],
    },
    Locale {
        tag: "ko-KR",
        country: "KR",
        family_first: true,
        given: &["지우", "민준", "서연", "하은"],
        family: &["김", "박", "최", "정"],
        streets: &["세종대로", "테헤란로", "한강대로"],
        cities: &[("서울", "04524"), ("부산", "48058")],
    },
    Locale {
        tag: "ar-EG",
        country: "EG",
        family_first: false,
        given: &["ليلى", "عمر", "مريم", "يوسف"],
        family: &["حسن", "المصري", "عبد الله", "منصور"],
        streets: &["شارع التحرير", "شارع النيل", "شارع الهرم"],
        cities: &[("القاهرة", "11511"), ("الإسكندرية", "21500")],
    },
    Locale {
        tag: "hi-IN",
        country: "IN",
        family_first: false,
        given: &["अनन्या", "राहुल", "प्रिया", "आरव"],
        family: &["शर्मा", "पटेल", "गुप्ता", "सिंह"],
        streets: &["महात्मा गांधी मार्ग", "स्टेशन रोड", "नेहरू नगर"],
        cities: &[("दिल्ली", "110001"), ("मुंबई", "400001")],
    },
    Locale {
        tag: "he-IL",
        country: "IL",
        family_first: false,
        given: &["נועה", "איתי", "תמר", "יונתן"],
        family: &["כהן", "לוי", "מזרחי", "פרץ"],
        streets: &["רחוב הרצל", "שדרות רוטשילד", "רחוב ביאליק"],
        cities: &[("תל אביב", "6100001"), ("חיפה", "3100001")],
    },
];

/// In which of [`LOCALES`] a customer lives: of 20, most in the first three.
static SHARES: [usize; 20] = [0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 3, 4, 5, 6, 6, 7, 8, 9, 10];

/// A customer as their number makes them.
pub(super) struct Person {
    pub(super) number: u32,
    pub(super) locale: &'static Locale,
    given: &'static str,
    family: &'static str,
    street: &'static str,
    house: u64,
    pub(super) city: &'static str,
    postal_code: &'static str,
}

impl Person {
    /// The customer of that number. `home` counts their addresses: they move by counting up.
    pub(super) fn of(seed: u64, number: u32, home: u64) -> Self {
        let mut prng = Prng::new(seed ^ 0x5EED_0F7E_0F1E ^ (u64::from(number) << 20));
        // One draw in 40 is the script that none of the 20 shares has.
        let locale = if prng.below(40) == 0 { 11 } else { *prng.pick(&SHARES) };
        let locale = &LOCALES[locale];
        let (given, family) = (*prng.pick(locale.given), *prng.pick(locale.family));
        let mut prng = Prng::new(prng.next_u64() ^ home);
        let (city, postal_code) = *prng.pick(locale.cities);
        let street = *prng.pick(locale.streets);
        Self { number, locale, given, family, street, house: prng.between(1, 240), city, postal_code }
    }

    /// Appends the mail address in quotes; `change` counts how often it changed.
    pub(super) fn put_email(&self, to: &mut Vec<u8>, change: u64) {
        put!(to, "\"shopper.", Padded(u64::from(self.number), 6), ".", change, "@example.com\"");
    }

    /// Appends the name in quotes.
    pub(super) fn put_name(&self, to: &mut Vec<u8>) {
        let (first, last) =
            if self.locale.family_first { (self.family, self.given) } else { (self.given, self.family) };
        put!(to, "\"", first, " ", last, "\"");
    }

    /// Appends the postal address as an object.
    pub(super) fn put_address(&self, to: &mut Vec<u8>) {
        put!(to, "{\"name\":");
        self.put_name(to);
        put!(to, ",\"street\":\"", self.street, " ", self.house, "\",\"city\":\"", self.city);
        put!(to, "\",\"postal_code\":\"", self.postal_code, "\",\"country\":\"", self.locale.country, "\"}");
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn customers_write_in_every_script_of_the_list() {
        let seen: BTreeSet<&str> = (1..2_000).map(|number| Person::of(9, number, 0).locale.tag).collect();
        assert_eq!(seen.len(), LOCALES.len());
    }

    #[test]
    fn a_customer_who_moves_keeps_the_name() {
        for number in 1..100 {
            let (before, after) = (Person::of(9, number, 0), Person::of(9, number, 1));
            assert_eq!((before.given, before.family), (after.given, after.family));
        }
    }
}
