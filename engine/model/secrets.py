"""What a secret looks like: the one list, by name and by form, for collectors and for redaction.

A name is taken apart into words (``apiKey``, ``HF_TOKEN``, ``db-password``); the last one counts.
The forms of keys of well-known services follow the rules of gitleaks (MIT, (c) 2019 Zachary Rice);
docs/redaction.md says which were taken and which not. Every pattern is linear: what repeats is
bounded, or ends at a character that it cannot hold.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

from eidos.engine.records import dataclass

MASK = "[redacted]"
"""What stands for a secret that was taken out of a text."""

# Names ------------------------------------------------------------------------------------------

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_SHORT = frozenset({"pw", "pwd", "psk", "auth", "jwt", "bearer", "cookie", "cookies", "dockercfg"})
"""Too short, or too often a part of something else, to be looked for in a longer word."""
_LONG = re.compile(
    r"((?<!by)(?<!com)pass|passwds?|passwords?|passphrases?|passcode|secret|token|credentials?"
    r"|(api|auth|access|private|secret|account)key|(root|ssh|bind|user|vnc)pw|keytab"
    r"|(master|basic|registry|proxy|http)auth|dockerconfigjson|connectionstring)$"
)
"""How a secret's word ends: ``dbpass`` does, ``spec_store_bypass`` and ``compass`` do not."""
_KEY_OF = frozenset(
    {
        *("api", "auth", "access", "private", "secret", "encryption", "signing", "psk", "fastopen"),
        *("account", "client", "deploy", "hmac", "license", "master", "shared", "subscription"),
    }
)
"""Words that make a secret of the word ``key`` after them; a key alone may be any map's."""
_OF_SPEECH = frozenset({"bos", "eos", "pad", "unk", "sep", "cls", "mask", "stop", "special"})
"""Words that make a token one of a language model."""
_FILLERS = frozenset({"value", "data", "string", "text", "encoded", "plaintext", "hash"})
"""Words after which the word before them counts: ``clientKeyData``, ``passwordHash``."""
_COMPOUNDS = ("dockerconfigjson", "connectionstring", "passphrase")
"""Secrets whose names are written as one word and as several."""
_REFERENCES = frozenset(
    {
        # Of these, the value is the name of a Kubernetes Secret.
        *("authSecret", "existingSecret", "imagePullSecret", "pullSecret"),
        # Where systemd finds credentials.
        *("LoadCredential", "LoadCredentialEncrypted", "ImportCredential"),
        # Folders, in every process' environment.
        *("PWD", "OLDPWD"),
    }
)
"""Names that promise a secret and lead to one at most."""

HARMLESS = re.compile(
    r"true|false|yes|no|on|off|enabled|disabled|none|null|nil|auto|default|required|optional"
    r"|anonymous|basic|bearer|htpasswd|jwt|ldap|m?tls|oidc|token|webhook|x509|\d{0,3}|\[\]|\{\}"
    # What stands for a value that is elsewhere: placeholders, as gitleaks lets them pass too.
    r"|\*+|<[^<>]{0,80}>|\$\w{1,80}|\$[({]\w{1,80}[)}]|\{\{[^{}]{0,200}\}\}|\[?redacted\]?"
    r"|/(?:bin|boot|dev|etc|home|host|mnt|opt|root|run|srv|tmp|usr|var)/[\w ./@-]{0,250}",
    re.IGNORECASE,
)
"""What is no secret, whatever it is called."""


@lru_cache(maxsize=8192)
def is_secret_name(name: str, *, boot: bool = False) -> bool:
    """Say whether a name promises a secret.

    Args:
        name: name of a key or a variable, or a path that ends in one.
        boot: it is a kernel argument: every word counts, and any key (``rd.luks.key``).
    """
    words = [word.lower() for word in _WORDS.findall(name)]
    if name in _REFERENCES or not words:
        return False
    if boot:
        return any(word == "key" or _is_secret(word) for word in words)
    if "".join(words[-3:]).endswith(_COMPOUNDS):
        return True
    if len(words) > 1 and words[-1] in _FILLERS:
        words.pop()
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    if last == "key":  # most keys are no secrets (of maps, of tables): the word before decides
        return before in _KEY_OF
    return _is_secret(last) and not (last == "token" and before in _OF_SPEECH)


def _is_secret(word: str) -> bool:
    return word in _SHORT or _LONG.search(word) is not None


# Forms ------------------------------------------------------------------------------------------

_SERVICES: tuple[tuple[str, str], ...] = (
    ("AKIA ASIA ABIA ACCA A3T", r"\b(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b"),  # AWS
    ("ABSK", r"\bABSK[A-Za-z0-9+/]{100,400}={0,2}"),  # AWS Bedrock
    ("bedrock-api-key-", r"\bbedrock-api-key-[\w+/=-]{20,}"),
    ("AIza", r"\bAIza[\w-]{35}"),  # Google
    ("ya29.", r"\bya29\.[\w-]{20,}"),
    ("GOCSPX-", r"\bGOCSPX-[\w-]{20,}"),
    ("ghp_ gho_ ghu_ ghs_ ghr_", r"\bgh[pousr]_\w{20,}"),  # GitHub
    ("github_pat_", r"\bgithub_pat_\w{20,}"),
    (
        "glpat- glcbt- gldt- glffct- glft- glimt- glagent- gloas- glptt- glrt- glsoat-",
        r"\bgl(?:pat|cbt|dt|ffct|ft|imt|agent|oas|ptt|rt|soat)-[\w.-]{20,}",
    ),  # GitLab
    ("GR1348941", r"\bGR1348941[\w-]{20,}"),
    ("xox", r"\bxox[abeoprs](?:\.xox[bp])?-[\w-]{11,}"),  # Slack
    ("xapp-", r"\bxapp-\d-[\w-]{10,}"),
    ("npm_", r"\bnpm_[A-Za-z0-9]{30,}"),
    ("pypi-", r"\bpypi-[\w-]{50,}"),
    ("hf_", r"\bhf_\w{20,}"),  # Hugging Face
    ("api_org_", r"\bapi_org_\w{30,}"),
    ("nvapi-", r"\bnvapi-[\w-]{16,}"),  # NVIDIA NGC
    ("sk-", r"\bsk-[\w-]{20,}"),  # OpenAI, Anthropic
    ("sk_ rk_", r"\b[rs]k_(?:test|live|prod)_\w{10,}"),  # Stripe
    ("whsec_", r"\bwhsec_[\w+/=]{20,}"),
    ("sq0", r"\bsq0[a-z]{3}-[\w-]{22,}"),  # Square
    ("SG.", r"(?<![\w-])SG\.[\w-]{16,}\.[\w-]{16,}"),  # SendGrid
    ("shpat_ shpca_ shppa_ shpss_", r"\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}"),  # Shopify
    ("dapi", r"\bdapi[0-9a-f]{32}"),  # Databricks
    ("doo_v1_ dop_v1_ dor_v1_", r"\bdo[opr]_v1_[0-9a-f]{64}"),  # DigitalOcean
    (
        "dp.pt. dp.st. dp.ct. dp.sa. dp.scim. dp.audit.",
        r"\bdp\.(?:pt|st|ct|sa|scim|audit)\.\w{30,}",
    ),  # Doppler
    ("dt0c01.", r"\bdt0c01\.\w{24}\.\w{40,}"),  # Dynatrace
    ("glc_ glsa_", r"\bgl(?:c|sa)_[\w+/=]{32,}"),  # Grafana
    ("hvs. hvb. hvr.", r"\bhv[sbr]\.[\w-]{24,}"),  # HashiCorp Vault
    ("HRKU-", r"\bHRKU-[\w-]{30,}"),  # Heroku
    ("ops_eyJ", r"\bops_eyJ[\w+/=-]{100,}"),  # 1Password
    ("AGE-SECRET-KEY-1", r"\bAGE-SECRET-KEY-1[0-9A-Z]{40,}"),
    ("sha256~", r"\bsha256~[\w-]{43}"),  # OpenShift
    ("AKCp", r"\bAKCp[A-Za-z0-9]{60,}"),  # Artifactory
    ("cmVmd", r"\bcmVmd[A-Za-z0-9]{59}"),
    ("dckr_", r"\bdckr_(?:pat|oat)_[\w-]{20,}"),  # Docker Hub
    ("lin_api_", r"\blin_api_\w{30,}"),  # Linear
    ("LTAI", r"\bLTAI\w{17,}"),  # Alibaba
    ("PMAK-", r"\bPMAK-[0-9a-f-]{40,}"),  # Postman
    ("pplx-", r"\bpplx-\w{40,}"),  # Perplexity
    ("gsk_", r"\bgsk_\w{40,}"),  # Groq
    ("pul-", r"\bpul-[0-9a-f]{40}"),  # Pulumi
    ("pscale_", r"\bpscale_(?:tkn|oauth|pw)_[\w.=-]{32,}"),  # PlanetScale
    ("rubygems_", r"\brubygems_[0-9a-f]{48}"),
    ("sgp_", r"\bsgp_\w{40,}"),  # Sourcegraph
    ("sntry", r"\bsntry[su]_[\w+/=]{40,}"),  # Sentry
    ("tskey-", r"\btskey-[\w-]{16,}"),  # Tailscale
    ("ntn_", r"\bntn_\w{40,}"),  # Notion
    ("CLOJARS_", r"\bCLOJARS_\w{60}"),
    ("eyJ", r"(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"),  # JSON web token
    ("eyJhdXRocyI6", r"\beyJhdXRocyI6[\w+/=-]+"),  # {"auths": of a docker configuration
    ("ZXlK", r"\bZXlK[\w+/-]{40,}={0,2}"),  # a JSON web token in base64
    # -----BEGIN in base64, but for certificates and public keys.
    ("LS0tLS1CRUdJTi", r"\bLS0tLS1CRUdJTi(?!BDRVJU|BQVUJM)[\w+/]{8,}={0,2}"),
)
"""How the key of a well-known service begins, and what it looks like."""
_INNER: tuple[tuple[str, str], ...] = (
    ("Q~", r"(?<![\w~.-])[\w~.]{3}\dQ~[\w~.-]{31,34}(?![\w~.-])"),  # Azure AD
    ("hooks.slack.com", r"(?<=hooks\.slack\.com/)(?:services|workflows|triggers)/[\w+/]{20,}"),
    ("webhook.office.com", r"(?<=webhook\.office\.com/)webhookb2/[\w@/-]{20,}"),
    ("atlasv1", r"\b\w{14}\.atlasv1\.[\w=-]{60,}"),  # HashiCorp Terraform
    ("$", r"\$(?:1|2[abxy]|5|6|7|y|gy|argon2\w{0,2}|pbkdf2[\w-]{0,10})\$[\w./+=$,-]{20,}"),  # crypt
)
"""Those that do not begin with what gives them away: what is in them, and what they look like."""
_BLOCK = (
    r"-----BEGIN (?P<block>[A-Z0-9][A-Za-z0-9 ]{0,40}? KEY(?: BLOCK| V1)?|PRIVATE KEY)-----"
    r"(?<!PUBLIC KEY-----)(?<!PUBLIC KEY BLOCK-----)"
    r".*?(?:-----END (?P=block)-----|\Z)"
)
"""PEM, OpenSSH, PGP and OpenVPN; one that has no end goes to the end of the text."""

_URL = re.compile(r"(?<=://)(?!git@)[^\s/?#'\"<>]{1,512}(?=@(?!sha\d{3}:))")
"""User information; ``git@`` is everybody's, and what stands before a digest is an image."""
_ISCSI = re.compile(r"(?<=\biscsi:)[^\s/@]{1,256}(?=@)")
"""``netroot=iscsi:user:password[:user:password]@server…``, dracut.cmdline(7)."""
_DSN = re.compile(r"(?<![\w.-])([\w.-]{1,64}:)[^\s@/]{1,256}(?=@(?:tcp|unix)\()")
"""``user:password@tcp(host:port)/db``, as Go's drivers have it."""
_BARE = re.compile(
    r"(?<![\w.@/-])((?!mailto:)[\w.-]{1,64}:)([^\s:@/'\"]{1,256})(?=@[\w-]{1,63}\.[\w.-]{2})"
)
"""``user:password@registry.example/image``, where the scheme was left out."""
_AUTHORIZATION = re.compile(
    r"(?<![\w-])((?:proxy-)?authorization\\{0,3}[\"']?\s{0,4}[:=]\s{0,4}\\{0,3}[\"']?"
    r"(?:[a-z][\w-]{0,24}\s{1,4})?)([^\s\"',;&\\]+)",
    re.IGNORECASE,
)
_COOKIE = re.compile(r"(?<![\w-])((?:set-)?cookie:\s{0,4})([^\r\n\"']+)", re.IGNORECASE)
_SCHEME = re.compile(
    r"(?<![\w-])((?:bearer|basic|token|api-?key)\s{1,4})([\w.~+/=-]{8,})", re.IGNORECASE
)
_NAME = re.compile(
    r"(?<![\w.-])(?P<dash>-{0,2})(?P<name>[A-Za-z_.][\w.-]{0,127})"
    r"(?P<sign>\\{0,3}[\"']?\s{0,3}(?:=>|:=|=|:)\s{0,3}|\s{1,4}(?=\S))"
)
_VALUE = re.compile(
    r"\{\{[^{}]{0,200}\}\}|\"(?:[^\"\\]|\\.)*\"|'[^']*'|`[^`]*`|\\{1,3}\".*?\\{1,3}\"|[^\s,;&\"'`]+",
    re.DOTALL,
)
_QUERY = frozenset(
    {
        *("sig", "signature", "x-amz-signature", "x-amz-credential", "x-goog-signature"),
        *("x-goog-credential", "awsaccesskeyid", "key", "code"),
    }
)
"""Parameters of a URL that make it a key, beside those whose names promise a secret."""
_INDENT = 80
"""Characters in front of a name that may still be the start of its line."""
_PLAINLY = frozenset({"password", "passwd", "requirepass", "masterauth"})
"""Words that a value follows without a sign: in ``.netrc``, in Redis' configuration."""
_USER = re.compile(r"(?<!\S)((?:-u|--user|--proxy-user)[\s=]\s{0,3}[\w.@-]{1,64}:)(\S+)")
_SHORT_OPTION = re.compile(r"(?<!\S)(-p\s{1,4})([^\s\"'-]\S*)")
_JOINED_OPTION = re.compile(r"(\bmy(?:sql|sqldump|sqladmin|cli)\b[^\n]{0,200}?\s-p)([^\s-]\S+)")
_LOGIN = re.compile(r"login|sshpass", re.IGNORECASE)
_ADDRESS = re.compile(r"[\d.:/-]*|[./~].*|\d.*[:/].*", re.DOTALL)
"""Ports, numbers and paths."""

_RUN = re.compile(r"[A-Za-z0-9_+=~.-]{16,}")  # \w would ask what every character is
"""Long enough to be a key: to look for leads in runs alone is six times as fast."""
_LEAD = re.compile(
    rf"\b(?:{'|'.join(re.escape(lead) for leads, _ in _SERVICES for lead in leads.split())})"
)
_FORM = re.compile("|".join([_BLOCK, *(form for _, form in (*_SERVICES, *_INNER))]), re.DOTALL)
_NAMED_BY: dict[str, re.Pattern[str] | None] = {
    "pass": re.compile(r"pass(?!through|env|ive|ed\b|ing\b)(?<!bypass)(?<!compass)"),
    "pw": re.compile(r"pwd?(?![a-z])"),
    "secret": re.compile(r"secret(?!s)"),
    "key": None,
    "auth": re.compile(r"auth(?!ent)"),
    **dict.fromkeys(("token", "credential", "psk", "jwt", "bearer", "cookie", "dockerc")),
    **dict.fromkeys(("connection", "basic ", "sig=", "signature=")),
}
"""What is in every name of a secret, in lower case, and what it must not be a part of."""
_BEFORE_KEY = re.compile(rf"(?:{'|'.join(sorted(_KEY_OF))})[^a-z0-9]?$|[?&]$")
_LONGEST_BEFORE_KEY = max(map(len, _KEY_OF)) + 1
"""Characters that `_BEFORE_KEY` can match: one of the words, and a sign."""
_PLACES = ("iscsi:", "@tcp(", "@unix(")
_OPTIONS = ("-p ", '"-p"', "-u ", '"-u"', "--user", "--proxy-user", "mysql")


@dataclass(frozen=True, slots=True)
class Suspicion:
    """What a text has to hold for a secret to be in it: cheap to find out, and mostly not there."""

    form: bool = False
    """Something like the key of a service, or a block of a key."""
    named: bool = False
    """A word that names of secrets hold."""
    place: bool = False
    """The address of something with the name of a user."""
    option: bool = False
    """An option that means a password to some programs."""

    def __bool__(self) -> bool:
        return self.form or self.named or self.place or self.option


def suspicion(text: str, *, boot: bool = False) -> Suspicion:
    """Say what of a secret may be in a text, or in many joined together.

    Args:
        text: anything, as long as you like.
        boot: kernel arguments are in it, of which any ``key`` counts.
    """
    lowered = text.lower()
    return Suspicion(
        form="-----BEGIN" in text
        or any(inner in text for inner, _ in _INNER)
        or _LEAD.search(" ".join(_RUN.findall(text))) is not None,
        named=any(_is_naming(word, form, lowered) for word, form in _NAMED_BY.items())
        or (boot and "key" in lowered),
        place=("@" in text and _has_user(text)) or any(place in text for place in _PLACES),
        option=any(option in text for option in _OPTIONS),
    )


def _has_user(text: str) -> bool:
    return _URL.search(text) is not None or _BARE.search(text) is not None


def _is_naming(word: str, form: re.Pattern[str] | None, lowered: str) -> bool:
    if word not in lowered:
        return False
    if word != "key":
        return form is None or form.search(lowered) is not None
    at = lowered.find(word)
    while at >= 0:
        if _BEFORE_KEY.search(lowered, max(0, at - _LONGEST_BEFORE_KEY), at):
            return True
        at = lowered.find(word, at + 1)
    return False


def is_secret(name: str, value: object, *, boot: bool = False) -> bool:
    """Say whether a value is a secret because of its name: a text, a number, or a list of them."""
    values = value if isinstance(value, list) else [value]
    if not values or not is_secret_name(name, boot=boot):
        return False
    if not all(isinstance(each, str | int) and not isinstance(each, bool) for each in values):
        return False
    return not all(HARMLESS.fullmatch(str(each)) for each in values)


def is_secret_content(values: Mapping[str, object], key: str) -> bool:
    """Say whether a key of a map is where a Kubernetes Secret, by its kind, has what it hides."""
    return key in ("data", "stringData") and values.get("kind") == "Secret" and bool(values[key])


def masked(text: str, *, prose: bool = False) -> str:
    """Give a text with `MASK` for every secret in it; masking it again changes nothing.

    Args:
        text: a value, such as a command line or a configuration file.
        prose: it is a sentence for people, in which ``invalid token: unexpected end`` is none:
            what is not assigned must look like a secret too.
    """
    found = suspicion(text)
    masks = _FORM.sub(MASK, text) if found.form else text
    if found.place:
        masks = _ISCSI.sub(MASK, _URL.sub(MASK, masks))
        masks = _BARE.sub(_telling_second, _DSN.sub(rf"\1{MASK}", masks))
    if found.named:
        masks = _COOKIE.sub(_second, masks)
        masks = _AUTHORIZATION.sub(_second, masks)
        masks = _SCHEME.sub(_telling_second, masks)
        masks = _named(masks, prose=prose)
    return _options(masks) if found.option and not prose else masks


def is_telling(text: str) -> bool:
    """Say whether a text is no word: six characters or more, with a digit or mixed case."""
    word = text.strip("\"'")
    if len(word) < 6:  # noqa: PLR2004 -- shorter ones are numbers and words
        return False
    has_letter = word.lower() != word.upper()
    has_digit = any(map(str.isdigit, word))
    has_case = word[1:].lower() != word[1:] and word.upper() != word
    return has_letter and (has_digit or has_case or word.endswith("="))


def _second(match: re.Match[str]) -> str:
    return match[0] if HARMLESS.fullmatch(match[2]) else match[1] + MASK


def _telling_second(match: re.Match[str]) -> str:
    return match[1] + MASK if is_telling(match[2]) else match[0]


def _named(text: str, *, prose: bool) -> str:
    """Mask what follows a secret's name."""
    pieces: list[str] = []
    done = 0
    at = 0
    while found := _NAME.search(text, at):
        at = found.end()
        value = _VALUE.match(text, at) if _is_named(found, text) else None
        if value and _is_value(found, value[0], text, prose=prose):
            pieces += [text[done:at], _quoted(value[0])]
            done = at = value.end()
    return "".join([*pieces, text[done:]]) if pieces else text


def _is_named(found: re.Match[str], text: str) -> bool:
    name = found["name"]
    if is_secret_name(name):
        return True
    return found.start() > 0 and text[found.start() - 1] in "?&" and name.lower() in _QUERY


def _is_value(found: re.Match[str], value: str, text: str, *, prose: bool) -> bool:
    """Say whether what follows a secret's name is its value."""
    sign = found["sign"].strip()
    bare = value.strip("\\\"'`")
    if HARMLESS.fullmatch(bare):
        return False
    if not sign:
        if found["dash"]:
            return not value.startswith("-") and (is_telling(bare) or not prose)
        return found["name"].lower() in _PLAINLY and is_telling(bare)
    if sign != ":" or found["name"][:2].lower() == "x-":
        return True
    if is_telling(bare):
        return True
    before = text[max(0, found.start() - _INDENT) : found.start()].rpartition("\n")[2]
    return not prose and not before.strip(" \t-{\"'")


def _quoted(value: str) -> str:
    """Give the mask in the quotes of what it stands for."""
    quote = re.match(r"\\{0,3}[\"'`]", value)
    return f"{quote[0]}{MASK}{quote[0]}" if quote and value.endswith(quote[0]) else MASK


def _options(text: str) -> str:
    """Mask what follows options that mean a password only to some programs."""
    is_login = _LOGIN.search(text) is not None

    def short(match: re.Match[str]) -> str:
        if _ADDRESS.fullmatch(match[2]) or not (is_login or is_telling(match[2])):
            return match[0]
        return match[1] + MASK

    def user(match: re.Match[str]) -> str:
        is_request = "curl" in text or "http" in text
        if match[2].isdigit() or not (is_request or is_telling(match[2])):
            return match[0]
        return match[1] + MASK

    return _JOINED_OPTION.sub(_second, _USER.sub(user, _SHORT_OPTION.sub(short, text)))
