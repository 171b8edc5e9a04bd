#!/bin/sh
# Apply a bundle only where all that requirements.yaml asks for holds.
#
#   verify-and-apply.sh oci://registry.example.com/clusters/prod-east@sha256:... requirements.yaml prod-east
#
# What was verified is what is applied: it is pulled once, into a folder that nobody else sees. The bundle of another
# cluster, signed by the same key, is not taken: its gate saw other facts. Add --replay
# to the second command where bundles are made with --evidence.
# 1: something does not hold; 2: no answer. Nothing is applied then.
set -eu

reference=${1:?is to be a reference, best with a digest}
requirements=${2:?is to be the file with what must hold}
cluster=${3:?is to be the name of the cluster, as its snapshots have it}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
eidos --no-config bundle pull --to "$work/bundle" -- "$reference" >&2
eidos --no-config bundle verify "$work/bundle" --requirements "$requirements" --require "cluster=$cluster"
cd "$work/bundle"
./install.sh
