#!/usr/bin/env bash
# One part of a sweep for each task of a Slurm array job:
#
#   sbatch --array=1-8 slurm.sh 8 sweep.toml results
#   syncbench merge results/part-* --out results/whole
#
# The number of parts is an argument, because a task that is submitted again alone (`--array=3`) must stay part 3 of 8. A task
# that was cut off, preempted or requeued goes on where it stopped.
#SBATCH --job-name=syncbench
#SBATCH --cpus-per-task=1
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=syncbench-%A-%a.txt
set -euo pipefail
parts=$1 scenario=$2 results=$3
part=$SLURM_ARRAY_TASK_ID

exec "${SYNCBENCH:-syncbench}" run "$scenario" --partition "$part/$parts" --out "$results/part-$part" --resume \
    --threads "${SLURM_CPUS_PER_TASK:-1}"
