# METADATA
# title: What is, or is called, a secret
# description: |
#   The names are those that eidos itself redacts: taken apart into words (`apiKey`, `HF_TOKEN`), the last one
#   counts. The values are those that issuers made to be recognised.
package eidos.lib.secrets

# METADATA
# description: Tells whether a name promises a secret.
named(name) if {
	words := _words(name)
	regex.match(_ending, words[count(words) - 1])
}

named(name) if {
	words := _words(name)
	count(words) > 1
	words[count(words) - 1] == "key"
	words[count(words) - 2] in {"api", "auth", "access", "private", "secret", "encryption", "signing", "psk"}
}

named(name) if {
	words := _words(name)
	words[count(words) - 1] in {"pw", "pwd"}
}

_ending := `(?:^pass|passwd|password|passphrase|^secret|^token|credentials?|(?:api|auth|access|private|secret)key)$`

# What is not plain ASCII has no words here: such a name is told by its value or not at all.
_words(name) := [lower(word) | some word in regex.find_n(`[A-Z]*[a-z]+|[A-Z]+`, name, -1)] if is_string(name)

# METADATA
# description: Says what a text is recognised as; undefined for all others.
recognised(text) := "a private key" if {
	is_string(text)
	contains(text, "PRIVATE KEY-----")
}

recognised(text) := kind if {
	is_string(text)
	not contains(text, "PRIVATE KEY-----")
	some kind, pattern in _issued
	regex.match(pattern, text)
}

_issued := {
	"a key of AWS": `(?:^|[^A-Z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?:[^A-Z0-9]|$)`,
	"a key of NVIDIA": `nvapi-[A-Za-z0-9_-]{40}`,
	"a token of GitHub": `(?:ghp|gho|ghs|ghu|ghr)_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60}`,
	"a token of Hugging Face": `(?:^|[^A-Za-z0-9])hf_[A-Za-z0-9]{30}`,
	"a signed token": `eyJ[A-Za-z0-9_-]{10,}[.]eyJ[A-Za-z0-9_-]{10,}[.][A-Za-z0-9_-]{10,}`,
	"a password in an address": `[a-z][a-z0-9+.-]*://[^/@ :]+:[^/@ ]+@`,
}
