package eidos.lib.secrets_test

import data.eidos.lib.secrets

test_named if {
	every name in ["adminPassword", "HF_TOKEN", "db-password", "apiKey", "NGC_API_KEY", "ssh_pwd", "clientSecret"] {
		secrets.named(name)
	}
}

test_not_named if {
	not secrets.named("key")
	not secrets.named("compass")
	not secrets.named("tokenTTL")
	not secrets.named("imagePullSecrets")
	not secrets.named("")
	not secrets.named(7)
}

test_recognised if {
	secrets.recognised("-----BEGIN PRIVATE KEY-----") == "a private key"
	secrets.recognised("postgres://u:p@h/db") == "a password in an address"
	secrets.recognised("AKIAABCDEFGHIJKLMNOP") == "a key of AWS"
}

test_not_recognised if {
	not secrets.recognised("https://charts.example.org")
	not secrets.recognised("sha256:f3994267c9b5e62fb7720012dcd4d473fc2f8474f4276e203bba842c970307ad")
	not secrets.recognised(7)
}
