#!/bin/sh
# Sign a bundle in CI and push it with what is signed; the reference with its digest goes to standard output.
#
#   EIDOS_SIGNING_KEY="$(cat ci.pem)" sign-and-push.sh bundle oci://registry.example.com/clusters/prod-east:v1.4.0
#
# The key is a secret of the CI system, in EIDOS_SIGNING_KEY; what opens it in EIDOS_SIGNING_PASSPHRASE.
# 2: the bundle is not whole, no gate let it through, the key cannot be used, or the place refuses.
set -eu

bundle=${1:?is to be the folder of a bundle}
target=${2:?is to be a reference with a tag}
eidos --no-config bundle sign "$bundle" >&2
exec eidos --no-config bundle push "$bundle" "$target"
