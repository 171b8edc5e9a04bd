"""Keys, signing and verifying: the only importer of cryptography, PyJWT and securesystemslib.

Whoever signs asks `eidos.engine.signing.keys` for a `Signer`, whoever verifies for `Verifier`s;
neither ever holds a key, and no message here repeats one, or a passphrase. Who signed without a key
of their own, `eidos.engine.signing.keyless` verifies, the only importer of sigstore.
"""
