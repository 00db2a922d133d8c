"""How machines say in many languages that somebody is away. Whole words, in lower case, as regular expressions."""

import re

MACHINE_SUBJECTS = re.compile(
    r"(?:automatic (?:reply|response)|auto[- ]?(?:reply|response)|out of (?:the )?office auto-?reply"
    r"|automatische (?:antwort|abwesenheitsnotiz)|abwesenheitsnotiz|autom\. antwort|réponse automatique"
    r"|respuesta automática|risposta automatica|automatisch antwoord|resposta automática|automatyczna odpowiedź"
    r"|autosvar|automatiskt svar|automatisk svar|automaattinen vastaus|automatická odpověď|automatická odpoveď"
    r"|automatikus válasz|răspuns automat|otomatik yanıt|αυτόματη απάντηση|автоматический ответ|автоответ"
    r"|автоматична відповідь|自动回复|自动答复|自動回覆|自動返信|自動応答|자동 회신|자동 응답|رد تلقائي)"
    r"(?:\s*$|\s*[:：\-–—\[(【]|\s+(?:to|auf|à|a|op|na|på|til)\b)"
)
"""What mail servers put before the subject; who answers such a mail has `Re:` before it."""

ABSENT_SUBJECTS = re.compile(
    r"\b(?:out of (?:the )?office|ooo|on vacation|on holiday|on annual leave|on (?:maternity|parental) leave"
    r"|abwesend|abwesenheit|nicht im büro|im urlaub|in elternzeit|absence|absente?|en congés?|en vacances"
    r"|ausente|ausencia|ausência|fuera de la oficina|de vacaciones|fuori (?:ufficio|sede)|assente|assenza|in ferie"
    r"|afwezig|afwezigheid|niet op kantoor|met vakantie|fora do escritório|de férias|poza biurem|nieobecn\w+"
    r"|na urlopie|frånvarande|frånvaro|på semester|fravær|ikke på kontoret|poissa|lomalla|mimo kancelář"
    r"|вне офиса|в отпуске)\b|不在|休假|休暇|外出中"
)

ABSENT = re.compile(
    r"\b(?:(?:i am|i'm|i’m|i will be|i'll be|am|we are) (?:currently |presently |now "
    r"|away and )*(?:out of (?:the |my )?office|out of office"
    r"|on (?:annual |maternity |parental |sick )?leave|on vacation|on holidays?|away from (?:the |my )?(?:office"
    r"|desk))"
    r"|ich bin (?:(?:\w+|\d+\.) ){0,7}(?:nicht im (?:büro|haus|hause)|nicht erreichbar|abwesend|außer haus"
    r"|ausser haus|im urlaub"
    r"|in elternzeit)"
    r"|bin ich (?:(?:\w+|\d+\.) ){0,7}(?:nicht im (?:büro|haus|hause)|nicht erreichbar|abwesend|außer haus"
    r"|ausser haus|im urlaub)"
    r"|(?:je suis|serai) (?:(?:\w+|\d+\.) ){0,5}(?:absente?|en congés?|en vacances)"
    r"|(?:estoy|estaré|me encuentro) (?:(?:\w+|\d+\.) ){0,5}(?:fuera de la oficina|de vacaciones|ausente)"
    r"|(?:sono|sarò) (?:(?:\w+|\d+\.) ){0,5}(?:assente|fuori (?:ufficio|sede)|in ferie)"
    r"|ik ben (?:(?:\w+|\d+\.) ){0,7}(?:afwezig|niet op kantoor|met vakantie)"
    r"|(?:estou|estarei|encontro-me) (?:(?:\w+|\d+\.) ){0,5}(?:ausente|de férias|fora do escritório)"
    r"|(?:jestem|będę) (?:(?:\w+|\d+\.) ){0,5}(?:nieobecn\w+|poza biurem|na urlopie)"
    r"|jag är (?:(?:\w+|\d+\.) ){0,5}(?:frånvarande|på semester|inte på kontoret)"
    r"|jeg er (?:(?:\w+|\d+\.) ){0,5}(?:ikke på kontoret|på ferie|fraværende))"
)
"""That the writer is away now or is going to be."""

ASSERTED = re.compile(
    r"(?:^|[\n.!*\[(]\s*)(?:please note:? )?(?:(?:this|it) is an auto(?:matic|mated|matically generated|-generated) "
    r"(?:reply|response|message|answer|e-?mail)|dies(?:e e-mail)? (?:ist eine|wurde) automatisch\w* (?:\w+ )?"
    r"(?:antwort|nachricht|e-?mail|erstellt|generiert)|(?:ceci est|il s'agit d')\s?une? (?:réponse"
    r"|message) automatique"
    r"|(?:este|esta) es una? (?:mensaje|respuesta) automátic[oa]|questa è una risposta automatica"
    r"|questo è un messaggio automatico|dit is een automatisch (?:antwoord|bericht)"
    r"|est[ae] é uma? (?:resposta|mensagem) automática|to jest automatyczna (?:odpowiedź|wiadomość)"
    r"|(?:detta|dette) är ett automatiskt svar|dette er et automatisk svar)"
)
"""That no person wrote this, in a sentence of its own."""

MARKS = (
    re.compile(
        r"\b(?:thank you for (?:your|the) (?:e-?mail|message|mail)|thanks for (?:your|the) (?:e-?mail|message)"
        r"|(?:vielen|besten|herzlichen)? ?dank für ihre (?:nachricht|e-?mail|mail)|merci (?:de"
        r"|pour) votre (?:message|e-?mail|courriel)"
        r"|gracias por su (?:mensaje|correo)|grazie per (?:la (?:sua|tua) (?:e-?mail)|il (?:suo|tuo) messaggio)"
        r"|(?:bedankt|dank) voor uw (?:bericht|e-?mail)|obrigad[oa] pel[ao] (?:sua )?(?:mensagem|e-?mail|seu e-?mail)"
        r"|dziękuję za (?:wiadomość|e-?mail)|tack för ditt (?:meddelande|mejl|mail)|tak for din (?:mail|besked))"
    ),
    re.compile(
        r"\b(?:limited|no|without|intermittent|sporadic) access to (?:my )?e-?mails?|e-?mails? (?:werden"
        r"|wird) nicht (?:gelesen|weitergeleitet)"
        r"|nicht weitergeleitet|accès limité à|sin acceso a(?:l| mi) correo|acceso limitado|accesso limitato"
        r"|beperkt(?:e)? toegang|acesso limitado|ograniczony dostęp|begränsad tillgång"
    ),
    re.compile(
        r"\bimmediate assistance|\b(?:for|in) urgent (?:matters|cases|requests|issues|queries)|(?:if"
        r"|should) (?:this|it|your (?:matter"
        r"|request)) (?:is|be) urgent"
        r"|in dringenden (?:fällen|angelegenheiten)|en cas d.urgence|pour toute urgence|en caso (?:de urgencia"
        r"|urgente)"
        r"|para asuntos urgentes|per (?:urgenze|questioni urgenti|comunicazioni urgenti)|in caso di urgenza"
        r"|voor dringende|bij (?:spoed|dringende)|em caso de urgência|para assuntos urgentes|w (?:pilnych"
        r"|nagłych) sprawach"
        r"|vid brådskande|i (?:akutte|hastende) tilfælde"
    ),
    re.compile(
        r"\b(?:(?:reply|respond|get back|answer)[^.\n]{0,40}(?:on|upon|after) my return|(?:when|once"
        r"|as soon as) i (?:return|am back)"
        r"|nach meiner rückkehr|(?:à|dès) mon retour|a mi (?:regreso|vuelta)|al mio rientro|(?:na|bij) mijn terugkeer"
        r"|(?:no|após o) meu (?:retorno|regresso)|po (?:moim )?powrocie|när jag är tillbaka|når jeg er tilbage)"
    ),
)
"""What notices of absence say besides: thanks, nobody reads it, whom to ask instead, when to expect more."""

NAMED = re.compile(
    r"\s*(?:hi|hello|dear|hey|hallo|guten tag|moin|liebe[r]?|sehr geehrte[r]? (?:frau|herr)|bonjour|cher|chère"
    r"|salut|hola"
    r"|estimad[oa]|querid[oa]|ciao|gentile|buongiorno|beste|dag|olá|oi|car[oa]|prezad[oa]|cześć|dzień dobry|hej"
    r"|hei)\s+"
    r"(?!all\b|everyone|there\b|sender|colleagues?|sir\b|madam|reader|team|friends?|customers?|partners?|damen|kolleg"
    r"|zusammen|geschäftspartner|absender|kund|madame|monsieur|toutes?\b|tous\b|todos|señor|cliente|tutti|signor"
    r"|collega|relatie|allen|allemaal|lezer|senhor|państwo|alla\b|alle\b|thank|danke|merci|i\b|ich\b)\w+"
)
"""A greeting of one certain person."""
