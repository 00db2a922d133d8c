"""What people and their machines write, in several languages."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wording:
    """The sentences of a language. `wrote` stands above the history: {date}, {name}, {address} are filled in."""

    answers: tuple[str, ...]
    wrote: str
    from_sent_to_subject: tuple[str, str, str, str]
    absent_subject: str
    absent: str
    accepted: str
    passed_on: str


WORDINGS: Mapping[str, Wording] = {
    "en": Wording(
        answers=(
            "Thanks, that sounds interesting. Shall we talk on Thursday?",
            "Not at the moment, but keep me in mind.",
        ),
        wrote="On {date} {name} <{address}> wrote:",
        from_sent_to_subject=("From", "Sent", "To", "Subject"),
        absent_subject="Automatic reply",
        absent="Thank you for your message. I am out of the office until Monday and will reply on my return.",
        accepted="Accepted",
        passed_on="Your mail was passed on to me; this is my field. What exactly are you looking for?",
    ),
    "de": Wording(
        answers=(
            "Danke, das klingt spannend. Passt Ihnen Donnerstag?",
            "Gerade nicht, aber melden Sie sich wieder.",
        ),
        wrote="Am {date} schrieb {name} <{address}>:",
        from_sent_to_subject=("Von", "Gesendet", "An", "Betreff"),
        absent_subject="Automatische Antwort",
        absent="Vielen Dank für Ihre Nachricht. Ich bin bis Montag nicht im Büro und antworte nach meiner Rückkehr.",
        accepted="Angenommen",
        passed_on="Ihre Mail wurde mir weitergegeben; das ist mein Gebiet. Was genau suchen Sie?",
    ),
    "fr": Wording(
        answers=("Merci, cela m'intéresse. Jeudi vous convient ?", "Pas pour le moment, mais gardez mon contact."),
        wrote="Le {date}, {name} <{address}> a écrit :",
        from_sent_to_subject=("De", "Envoyé", "À", "Objet"),
        absent_subject="Réponse automatique",
        absent="Merci pour votre message. Je suis absente jusqu'à lundi et vous répondrai à mon retour.",
        accepted="Accepté",
        passed_on="On m'a transmis votre mail ; c'est mon domaine. Que cherchez-vous exactement ?",
    ),
    "es": Wording(
        answers=("Gracias, me interesa. ¿Hablamos el jueves?", "Por ahora no, pero téngame en cuenta."),
        wrote="El {date}, {name} <{address}> escribió:",
        from_sent_to_subject=("De", "Enviado", "Para", "Asunto"),
        absent_subject="Respuesta automática",
        absent="Gracias por su mensaje. Estoy fuera de la oficina hasta el lunes y responderé a mi regreso.",
        accepted="Aceptado",
        passed_on="Me han pasado su correo; es mi área. ¿Qué buscan exactamente?",
    ),
    "it": Wording(
        answers=("Grazie, mi interessa. Ne parliamo giovedì?", "Al momento no, ma mi tenga presente."),
        wrote="Il {date} {name} <{address}> ha scritto:",
        from_sent_to_subject=("Da", "Inviato", "A", "Oggetto"),
        absent_subject="Risposta automatica",
        absent="Grazie per il suo messaggio. Sono fuori ufficio fino a lunedì e risponderò al mio rientro.",
        accepted="Accettato",
        passed_on="Mi hanno inoltrato la sua mail; è il mio campo. Che cosa cercate esattamente?",
    ),
    "nl": Wording(
        answers=("Bedankt, dat klinkt interessant. Komt donderdag uit?", "Nu even niet, maar denk later aan mij."),
        wrote="Op {date} schreef {name} <{address}>:",
        from_sent_to_subject=("Van", "Verzonden", "Aan", "Onderwerp"),
        absent_subject="Automatisch antwoord",
        absent="Bedankt voor uw bericht. Ik ben tot maandag niet op kantoor en antwoord na mijn terugkeer.",
        accepted="Geaccepteerd",
        passed_on="Uw mail is aan mij doorgegeven; dit is mijn vak. Wat zoekt u precies?",
    ),
}
TEXTED_BACK = ("Who is this?", "Sure, call me tomorrow.", "Not interested right now", "Geht auch Freitag?")
