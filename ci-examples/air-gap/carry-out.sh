#!/bin/sh
# Take a bundle, with all that refers to it, out of a registry into one file that can be carried.
#
#   carry-out.sh oci://registry.example.com/clusters/prod-east:v1.4.0
#
# It writes bundle.tar, and bundle.digest with what the bundle is: carry the digest another way than the file (on
# paper, in a ticket), and whoever could change the file on its way is found out inside.
set -eu

source=${1:?is to be a reference with a tag}
eidos --no-config bundle copy "$source" oci-layout:bundle.tar:carried --digest-file bundle.digest
