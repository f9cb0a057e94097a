// What forms say by themselves when something is amiss. All else is the editor's copy.

const WORDS = {
  en: {
    address: "Please enter your whole email address.",
    missing: "Please fill this in.",
    often: "Too many attempts. Please try again in a few minutes.",
    lost: "The connection failed. Your entries are still here: please try again.",
    failed: "Sorry, that didn’t work. Please try again later.",
  },
  fr: {
    address: "Veuillez saisir votre adresse e-mail complète.",
    missing: "Veuillez remplir ce champ.",
    often: "Trop de tentatives. Veuillez réessayer dans quelques minutes.",
    lost: "La connexion est interrompue. Vos saisies sont toujours là : veuillez réessayer.",
    failed: "Désolé, cela n’a pas fonctionné. Veuillez réessayer plus tard.",
  },
  de: {
    address: "Bitte geben Sie Ihre vollständige E-Mail-Adresse ein.",
    missing: "Bitte füllen Sie dieses Feld aus.",
    often: "Zu viele Versuche. Bitte versuchen Sie es in einigen Minuten noch einmal.",
    lost: "Die Verbindung ist unterbrochen. Ihre Eingaben sind noch da: Bitte versuchen Sie es noch einmal.",
    failed: "Das hat leider nicht geklappt. Bitte versuchen Sie es später noch einmal.",
  },
  es: {
    address: "Escriba su dirección de correo completa.",
    missing: "Rellene este campo.",
    often: "Demasiados intentos. Vuelva a intentarlo en unos minutos.",
    lost: "Se ha perdido la conexión. Lo que ha escrito sigue aquí: vuelva a intentarlo.",
    failed: "Lo sentimos, no ha funcionado. Vuelva a intentarlo más tarde.",
  },
  nl: {
    address: "Vul uw volledige e-mailadres in.",
    missing: "Vul dit veld in.",
    often: "Te veel pogingen. Probeer het over een paar minuten opnieuw.",
    lost: "De verbinding is verbroken. Wat u hebt ingevuld staat er nog: probeer het opnieuw.",
    failed: "Dat is helaas niet gelukt. Probeer het later opnieuw.",
  },
};
