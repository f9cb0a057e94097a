//! What forms say where editors have written nothing.

use crate::types::Locale;

/// The texts in one language.
pub struct BuiltIn {
    language: &'static str,
    pub title: &'static str,
    pub text: &'static str,
    pub button: &'static str,
    pub email_label: &'static str,
    pub email_placeholder: &'static str,
    pub name_label: &'static str,
    pub topics_label: &'static str,
    pub consent: &'static str,
    pub success_title: &'static str,
    pub success_text: &'static str,
    pub dismiss: &'static str,
    /// What follows where no confirmation is asked for.
    accepted: (&'static str, &'static str),
}

/// The languages that a form speaks of itself.
pub const LANGUAGES: [&str; 5] = ["en", "fr", "de", "es", "nl"];

const ALL: [BuiltIn; 5] = [
    BuiltIn {
        language: LANGUAGES[0],
        title: "Get our newsletter",
        text: "New stories, straight to your inbox. Leave whenever you like.",
        button: "Subscribe",
        email_label: "Email address",
        email_placeholder: "you@example.com",
        name_label: "Your name",
        topics_label: "What are you interested in?",
        consent: "By subscribing, you agree to receive our newsletter by email. You can unsubscribe at any time with one click.",
        success_title: "Almost there",
        success_text: "We have sent you an email. Open the link in it to confirm your subscription. If you can’t find it, take a look in your spam folder.",
        dismiss: "Not now",
        accepted: ("Thank you", "We have received your subscription."),
    },
    BuiltIn {
        language: LANGUAGES[1],
        title: "Recevez notre newsletter",
        text: "Nos nouveaux articles, directement dans votre boîte mail. Vous pouvez vous désabonner quand vous le souhaitez.",
        button: "Je m’abonne",
        email_label: "Adresse e-mail",
        email_placeholder: "vous@example.com",
        name_label: "Votre nom",
        topics_label: "Quels sujets vous intéressent\u{a0}?",
        consent: "En vous abonnant, vous acceptez de recevoir notre newsletter par e-mail. Vous pouvez vous désabonner à tout moment, en un clic.",
        success_title: "Plus qu’une étape",
        success_text: "Nous venons de vous envoyer un e-mail. Ouvrez le lien qu’il contient pour confirmer votre abonnement. Si vous ne le trouvez pas, pensez à vérifier vos courriers indésirables.",
        dismiss: "Pas maintenant",
        accepted: ("Merci\u{a0}!", "Votre abonnement a bien été enregistré."),
    },
    BuiltIn {
        language: LANGUAGES[2],
        title: "Unser Newsletter für Sie",
        text: "Neue Artikel direkt in Ihr Postfach. Abbestellen können Sie jederzeit.",
        button: "Abonnieren",
        email_label: "E-Mail-Adresse",
        email_placeholder: "name@example.com",
        name_label: "Ihr Name",
        topics_label: "Welche Themen interessieren Sie?",
        consent: "Mit dem Abonnement willigen Sie ein, dass wir Ihnen unseren Newsletter per E-Mail schicken. Sie können diese Einwilligung jederzeit mit einem Klick widerrufen.",
        success_title: "Fast geschafft",
        success_text: "Wir haben Ihnen eine E-Mail geschickt. Öffnen Sie den Link darin, um Ihr Abonnement zu bestätigen. Falls Sie die E-Mail nicht finden, sehen Sie bitte auch im Spam-Ordner nach.",
        dismiss: "Nicht jetzt",
        accepted: ("Vielen Dank", "Ihre Anmeldung ist bei uns eingegangen."),
    },
    BuiltIn {
        language: LANGUAGES[3],
        title: "Reciba nuestro boletín",
        text: "Nuestros nuevos artículos, directamente en su correo. Puede darse de baja cuando quiera.",
        button: "Suscribirme",
        email_label: "Correo electrónico",
        email_placeholder: "nombre@example.com",
        name_label: "Su nombre",
        topics_label: "¿Qué temas le interesan?",
        consent: "Al suscribirse, acepta recibir nuestro boletín por correo electrónico. Puede darse de baja en cualquier momento con un solo clic.",
        success_title: "Ya casi está",
        success_text: "Le hemos enviado un correo. Abra el enlace que contiene para confirmar su suscripción. Si no lo encuentra, revise la carpeta de correo no deseado.",
        dismiss: "Ahora no",
        accepted: ("Gracias", "Hemos recibido su suscripción."),
    },
    BuiltIn {
        language: LANGUAGES[4],
        title: "Ontvang onze nieuwsbrief",
        text: "Nieuwe artikelen, rechtstreeks in uw inbox. Afmelden kan altijd.",
        button: "Aanmelden",
        email_label: "E-mailadres",
        email_placeholder: "naam@example.com",
        name_label: "Uw naam",
        topics_label: "Welke onderwerpen interesseren u?",
        consent: "Door u aan te melden, stemt u ermee in dat wij u onze nieuwsbrief per e-mail sturen. U kunt zich op elk moment met één klik afmelden.",
        success_title: "Bijna klaar",
        success_text: "We hebben u een e-mail gestuurd. Open de link in die e-mail om uw aanmelding te bevestigen. Kunt u hem niet vinden? Kijk dan ook in uw spammap.",
        dismiss: "Niet nu",
        accepted: ("Bedankt", "We hebben uw aanmelding ontvangen."),
    },
];

/// What happens after the form was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// A mail asks whether it was really them.
    Confirmation,
    Nothing,
}

impl BuiltIn {
    /// The texts for a language, whatever its region; `None` where we have none.
    pub fn of(locale: &Locale, next: Next) -> Option<Self> {
        let language = locale.as_str().split('-').next().unwrap_or_default();
        let texts = ALL.into_iter().find(|texts| texts.language == language)?;
        Some(match next {
            Next::Confirmation => texts,
            Next::Nothing => Self {
                success_title: texts.accepted.0,
                success_text: texts.accepted.1,
                ..texts
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Parse;

    #[test]
    fn regions_speak_their_language() {
        for (tag, title) in [
            ("de-AT", "Unser Newsletter für Sie"),
            ("en-GB", "Get our newsletter"),
        ] {
            let locale = Locale::parse(tag).unwrap();
            assert_eq!(BuiltIn::of(&locale, Next::Nothing).unwrap().title, title);
        }
        assert!(BuiltIn::of(&Locale::parse("ar").unwrap(), Next::Confirmation).is_none());
    }
}
