use crate::types::{Fault, Parse};

/// A colour of the screen, written `#rrggbb`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour([u8; 3]);

impl Colour {
    /// What marks a site that has set no colour: a dark green.
    pub const USUAL: Self = Self([0x0b, 0x6e, 0x4f]);
    const BLACK: Self = Self([0, 0, 0]);
    const WHITE: Self = Self([255, 255, 255]);

    /// Black or white, whichever is easier to read on it (WCAG 2.2: contrast).
    pub fn readable_on_it(self) -> Self {
        // Both contrasts are the same where the luminance is this.
        if self.luminance() > 0.179 {
            Self::BLACK
        } else {
            Self::WHITE
        }
    }

    /// How bright it is, from 0 to 1.
    fn luminance(self) -> f64 {
        let linear = self.0.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 {
                part / 12.92
            } else {
                ((part + 0.055) / 1.055).powf(2.4)
            }
        });
        0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    }
}

impl std::fmt::Display for Colour {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

impl Parse for Colour {
    fn parse(text: &str) -> Result<Self, Fault> {
        let fault = || Fault::new("invalid_colour", "must be a colour such as #0b6e4f");
        let digits = text.strip_prefix('#').ok_or_else(fault)?;
        if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(fault());
        }
        let number = u32::from_str_radix(digits, 16).map_err(|_| fault())?;
        let [_, red, green, blue] = number.to_be_bytes();
        Ok(Self([red, green, blue]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_on_a_colour_can_be_read() {
        for (colour, text) in [
            ("#0b6e4f", "#ffffff"),
            ("#ffffff", "#000000"),
            ("#FFD700", "#000000"),
            ("#000000", "#ffffff"),
            ("#c00000", "#ffffff"),
        ] {
            let colour = Colour::parse(colour).unwrap();
            assert_eq!(colour.readable_on_it().to_string(), text, "{colour}");
        }
        for text in [
            "", "#fff", "0b6e4f", "#0b6e4g", "#+b6e4f", "#0b6e4ff", "red", "#ééé",
        ] {
            assert!(Colour::parse(text).is_err(), "{text}");
        }
    }
}
