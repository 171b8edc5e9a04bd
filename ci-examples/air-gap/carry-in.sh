#!/bin/sh
# Put a carried bundle into the registry inside, if it is the one that was taken out.
#
#   carry-in.sh bundle.tar sha256:... oci://registry.inside.example.com/clusters/prod-east:v1.4.0
#
# 2: the file is another, or damaged, or the tag names something else already; nothing was put then.
set -eu

file=${1:?is to be the carried file}
digest=${2:?is to be the digest that carry-out.sh wrote}
target=${3:?is to be a reference with a tag}
eidos --no-config bundle copy "oci-layout:$file:carried" "$target" --expect "$digest"
