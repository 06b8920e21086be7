use std::fmt;
use std::str::FromStr;

use fake::Fake;
use fake::faker::{address::raw as address, job::raw as job, name::raw as name};
use fake::locales;
use rand_chacha::ChaCha8Rng;

/// What of a person depends on where they live.
pub(super) struct Look {
    pub(super) given_name: String,
    pub(super) surname: String,
    pub(super) job_title: String,
    pub(super) street: String,
    pub(super) city: String,
    pub(super) region: String,
    pub(super) postal_code: String,
}

macro_rules! locales {
    ($($variant:ident $data:ident $tag:literal $country:literal;)+) => {
        /// Where people's names and addresses come from, named by its language tag (RFC 5646).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
        #[expect(missing_docs, reason = "the names are the languages and countries")]
        pub enum Locale {
            #[default]
            $($variant,)+
        }

        impl Locale {
            /// All of them.
            pub const ALL: &'static [Locale] = &[$(Locale::$variant,)+];

            /// The language tag, which is people's preferredLanguage.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Locale::$variant => $tag,)+ }
            }

            /// The country, as ISO 3166-1 alpha-2: what `addresses.country` takes (RFC 7643 §4.1.2).
            #[must_use]
            pub fn country(self) -> &'static str {
                match self { $(Locale::$variant => $country,)+ }
            }

            pub(super) fn look(self, random: &mut ChaCha8Rng) -> Look {
                match self { $(Locale::$variant => look(locales::$data, random),)+ }
            }
        }
    };
}

locales! {
    EnglishUnitedStates EN "en-US" "US";
    Arabic AR_SA "ar-SA" "SA";
    ChineseChina ZH_CN "zh-CN" "CN";
    ChineseTaiwan ZH_TW "zh-TW" "TW";
    Dutch NL_NL "nl-NL" "NL";
    French FR_FR "fr-FR" "FR";
    German DE_DE "de-DE" "DE";
    Italian IT_IT "it-IT" "IT";
    Japanese JA_JP "ja-JP" "JP";
    Persian FA_IR "fa-IR" "IR";
    PortugueseBrazil PT_BR "pt-BR" "BR";
    PortuguesePortugal PT_PT "pt-PT" "PT";
    Turkish TR_TR "tr-TR" "TR";
    Welsh CY_GB "cy-GB" "GB";
}

/// The bounds are those of `fake`'s own generators.
fn look<L>(locale: L, random: &mut ChaCha8Rng) -> Look
where
    L: locales::Data + fake::faker::impls::address::CityNameGenFn + Copy,
{
    Look {
        given_name: name::FirstName(locale).fake_with_rng(random),
        surname: name::LastName(locale).fake_with_rng(random),
        job_title: job::Title(locale).fake_with_rng(random),
        street: {
            let number: String = address::BuildingNumber(locale).fake_with_rng(random);
            let street: String = address::StreetName(locale).fake_with_rng(random);
            format!("{number} {street}")
        },
        city: address::CityName(locale).fake_with_rng(random),
        region: address::StateName(locale).fake_with_rng(random),
        postal_code: address::ZipCode(locale).fake_with_rng(random),
    }
}

impl FromStr for Locale {
    type Err = UnknownLocale;

    fn from_str(text: &str) -> Result<Self, UnknownLocale> {
        Locale::ALL
            .iter()
            .copied()
            .find(|locale| locale.as_str().eq_ignore_ascii_case(text))
            .ok_or_else(|| UnknownLocale(text.to_owned()))
    }
}

/// The locale is not one of those that names are known for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownLocale(pub String);

impl fmt::Display for UnknownLocale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known: Vec<_> = Locale::ALL.iter().map(|locale| locale.as_str()).collect();
        write!(f, "there are no people for the locale `{}`; there are for {}", self.0, known.join(", "))
    }
}

impl std::error::Error for UnknownLocale {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locales_are_known_by_their_tags() {
        for locale in Locale::ALL {
            assert_eq!(locale.as_str().parse(), Ok(*locale));
        }
        assert_eq!("DE-de".parse(), Ok(Locale::German));
        assert!("tlh".parse::<Locale>().expect_err("no Klingons").to_string().contains("de-DE"));
    }
}
