#!/usr/bin/env bash
# One part of a sweep for each job of GNU parallel, on this machine or, with --sshlogin, on several that share the folder:
#
#   parallel.sh 8 sweep.toml results
#   parallel.sh 8 sweep.toml results --sshlogin node1,node2 --workdir .
#   syncbench merge results/part-* --out results/whole
#
# Begun again, it goes on where it stopped.
set -euo pipefail
parts=$1 scenario=$2 results=$3
shift 3

seq "$parts" | parallel "$@" "${SYNCBENCH:-syncbench}" run "$scenario" --partition "{}/$parts" \
    --out "$results/part-{}" --resume --threads 1
