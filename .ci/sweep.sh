# Sourced by run: the sweeps of examples/sweep, as they are written there, on a cluster of one node.

# A small sweep, run by one process, to compare with.
small_sweep() {
    sed 's/^seeds = .*/seeds = ["1..4"]/; s/^ops = .*/ops = 40/' examples/sweep/sweep.toml >"$scratch/sweep.toml"
    SYNCBENCH=$(realpath "$target/debug/syncbench")
    export SYNCBENCH
    [[ -e $scratch/whole ]] || "$SYNCBENCH" run "$scratch/sweep.toml" --out "$scratch/whole" >/dev/null
}

# provided PROGRAM PACKAGE...: whether the program is there; where this is root with apt, after installing the packages.
provided() {
    command -v "$1" >/dev/null && return
    if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
        { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${@:2}"; } \
            >"$scratch/packages.txt" 2>&1 || true
    fi
    command -v "$1" >/dev/null
}

# equal_whole FOLDER: the parts below it, merged, have the cells of the run in one process, in the same order.
equal_whole() {
    "$SYNCBENCH" merge "$1"/part-* --out "$1/merged"
    diff <(digests "$scratch/whole") <(digests "$1/merged")
}

digests() {
    grep -o '"id":"[^"]*"\|digest":"[^"]*"\|"seed":[0-9]*' "$1/cells.jsonl"
}

sweep_by_parallel() {
    small_sweep
    examples/sweep/parallel.sh 3 "$scratch/sweep.toml" "$scratch/parallel" -j 2 --will-cite >/dev/null
    equal_whole "$scratch/parallel"
}

# The array job twice: the second time every task is complete and measures nothing.
sweep_by_slurm() {
    small_sweep
    local folder=$scratch/slurm code=0
    mkdir -p "$folder"
    (start_slurm "$folder" && array_job "$folder" && array_job "$folder") || code=$?
    stop_slurm "$folder"
    if ((code)); then tail -n 20 "$folder"/*.log "$folder"/syncbench-*.txt; return 1; fi
    equal_whole "$folder/results"
}

array_job() {
    local job=$PWD/examples/sweep/slurm.sh
    (cd "$1" && SLURM_CONF=$1/slurm.conf timeout 300 sbatch --wait --array=1-4 "$job" 4 "$scratch/sweep.toml" "$1/results")
}

# A key, a controller and one node, all in one folder and with ports of their own.
start_slurm() {
    local node cpus
    node=$(hostname -s) cpus=$(nproc)
    mkdir -p "$1/state" "$1/spool"
    (umask 077 && head -c 1024 /dev/urandom >"$1/munge.key")
    cat >"$1/slurm.conf" <<END
ClusterName=sweep
SlurmctldHost=$node(127.0.0.1)
SlurmctldPort=26817
SlurmdPort=26818
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$1/munge.socket
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
ReturnToService=2
StateSaveLocation=$1/state
SlurmdSpoolDir=$1/spool
SlurmctldPidFile=$1/slurmctld.pid
SlurmdPidFile=$1/slurmd.pid
SlurmctldLogFile=$1/slurmctld.log
SlurmdLogFile=$1/slurmd.log
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
NodeName=$node NodeAddr=127.0.0.1 CPUs=$cpus State=UNKNOWN
PartitionName=sweep Nodes=ALL Default=YES MaxTime=INFINITE State=UP
END
    export SLURM_CONF=$1/slurm.conf
    munged --force --socket="$1/munge.socket" --key-file="$1/munge.key" --pid-file="$1/munged.pid" \
        --log-file="$1/munged.log" --seed-file="$1/munge.seed"
    slurmctld
    slurmd
    local second
    for second in {1..30}; do
        [[ $(sinfo --noheader --format=%T 2>/dev/null) == idle ]] && return
        sleep 1
    done
    echo "the node was not ready after $second seconds"
    return 1
}

stop_slurm() {
    local daemon
    for daemon in slurmd slurmctld munged; do
        [[ -e $1/$daemon.pid ]] && kill "$(cat "$1/$daemon.pid")"
    done
    true
}

sweeps() {
    if provided parallel parallel; then step "sweep by GNU parallel" sweep_by_parallel; else skip "sweep by GNU parallel: no parallel"; fi
    if [[ $(id -u) == 0 ]] && provided sbatch slurm-wlm munge; then
        step "sweep by Slurm" sweep_by_slurm
    else
        skip "sweep by Slurm: no slurm-wlm, or not root"
    fi
}

skip() {
    printf '\nskipped: %s\n' "$1"
    skipped+=("$1")
}
