#!/bin/sh
# Runs a ganbend command in shards as a job array of Slurm, and submits failed and incomplete shards again.
set -u

usage() {
    cat <<'END'
usage: sh tools/farm/slurm.sh [options] -- ganbend COMMAND MODEL … -o DIR

Submits the command as a job array of shards (--shard I/N), waits, asks 'ganbend gather DIR' which of them are incomplete, and
submits those again. Ends with status 0 when all is there. DIR must be in a folder that all nodes share. Run again, it
submits only the incomplete shards, or waits for the job that is still at work.

options:
  -n N            Number of shards (default: that of the run in DIR, or 8). Slurm's usual limit for an array is 1000.
  --at-once M     Shards at work at the same time (default: as many as Slurm has room for).
  --cpus C        Processors for each shard; ganbend gets as many threads (default: 1).
  --tries T       How often to submit before giving up (default: 5).
  --no-wait       Submit once and return; the same command without it waits and goes on.
  --poll S        Seconds between two looks at the queue (default: 10).
  --sbatch 'OPTIONS'   More options for sbatch, such as '--partition=cpu --time=2:00:00'.
  --help          Print this help.

examples:
  sh tools/farm/slurm.sh -n 64 --cpus 4 -- ganbend render faces.gbw -o faces --seeds 0-999999 --yes
  sh tools/farm/slurm.sh --sbatch '--gres=gpu:1' -- ganbend animate faces.gbw -o walk --seeds 3,9 --frames 3000 --device cuda
  sh tools/farm/slurm.sh -n 12 --no-wait -- ganbend cluster faces.gbw --method published --classifiers c --train -o clusters

The shards' messages are in DIR/manifests/log-1.txt and so on. On nodes of different age, export GANBEND_ISA=avx2 first: all
shards must use the same instruction set.
END
}

wrong() {
    echo "slurm.sh: $1 (see --help)" >&2
    exit 2
}

shards=
at_once=
cpus=1
tries=5
wait=yes
poll=10
more=
task=
while [ $# -gt 0 ]; do
    case $1 in
    -h | --help)
        usage
        exit
        ;;
    --no-wait) wait=no ;;
    --)
        shift
        break
        ;;
    -n | --at-once | --cpus | --tries | --poll | --task)
        case ${2-} in '' | *[!0-9]* | 0) wrong "$1 takes a number from 1" ;; esac
        case $1 in
        -n) shards=$2 ;;
        --at-once) at_once=$2 ;;
        --cpus) cpus=$2 ;;
        --tries) tries=$2 ;;
        --poll) poll=$2 ;;
        --task) task=$2 ;;      # of the array: sbatch starts it
        esac
        shift
        ;;
    --sbatch)
        [ $# -ge 2 ] || wrong "--sbatch takes options"
        more=$2
        shift
        ;;
    *) wrong "unknown option $1; the command follows behind --" ;;
    esac
    shift
done
[ $# -gt 1 ] || wrong "no command; give one behind --"

# ---- one shard, on its node
if [ -n "$task" ]; then
    case " $* " in
    *' --threads '*) ;;
    *) set -- "$@" --threads "${SLURM_CPUS_PER_TASK:-1}" ;;
    esac
    exec "$@" --shard "$SLURM_ARRAY_TASK_ID/$task"
fi

# ---- all of them
program=$1
dir=
previous=
for word in "$@"; do
    [ "$previous" = -o ] && dir=$word
    case $word in --shard*) wrong "--shard is added for each shard; leave it out" ;; esac
    previous=$word
done
[ -n "$dir" ] || wrong "the command has no -o DIR"
for needed in sbatch squeue "$program"; do
    command -v "$needed" >/dev/null 2>&1 || {
        echo "slurm.sh: $needed was not found" >&2
        exit 1
    }
done
known=$(sed -n '1s/.*"shards":\([0-9]*\).*/\1/p' "$dir/manifests/run.jsonl" 2>/dev/null)
shards=${shards:-${known:-8}}
mkdir -p "$dir/manifests" || exit 1
job_file=$dir/manifests/slurm-job

# missing: the shards to submit, as sbatch --array takes them; nothing if all is there. Files are read once their sizes are right.
missing() {
    if [ ! -e "$dir/manifests/run.jsonl" ]; then
        echo "1-$shards"
        return
    fi
    for how in --sizes ''; do
        # shellcheck disable=SC2086  # one word or none
        "$program" gather "$dir" $how >"$dir/manifests/gathered" 2>&1 && continue
        again=$(sed -n 's/^shards to run again: //p' "$dir/manifests/gathered")
        echo "${again:-none}"
        return
    done
}

queued() { [ -n "$(squeue -h -j "$1" -o %i 2>/dev/null)" ]; }

wait_for() {
    while queued "$1"; do sleep "$poll"; done
    rm -f "$job_file"
}

if [ -s "$job_file" ] && queued "$(cat "$job_file")"; then
    echo "slurm.sh: job $(cat "$job_file") is at work"
    [ $wait = no ] && exit 0
    wait_for "$(cat "$job_file")"
fi
try=0
while array=$(missing) && [ -n "$array" ]; do
    if [ "$array" = none ]; then
        cat "$dir/manifests/gathered" >&2
        echo "slurm.sh: no shard can mend this" >&2
        exit 1
    fi
    if [ $try -eq "$tries" ]; then
        echo "slurm.sh: shards $array are incomplete after $tries tries; the last message:" >&2
        # shellcheck disable=SC2012  # names are our own
        tail -n 3 "$(ls -t "$dir"/manifests/log-*.txt | head -n 1)" >&2
        exit 1
    fi
    try=$((try + 1))
    # shellcheck disable=SC2086  # several options
    job=$(sbatch --parsable --requeue --job-name=ganbend --cpus-per-task="$cpus" --array="$array${at_once:+%$at_once}" \
        --open-mode=append --output="$dir/manifests/log-%a.txt" $more "$0" --task "$shards" -- "$@") || exit 1
    job=${job%%;*}
    echo "$job" >"$job_file"
    echo "slurm.sh: submitted shards $array of $shards as job $job"
    [ $wait = no ] && exit 0
    wait_for "$job"
done
rm -f "$job_file" "$dir/manifests/gathered"
"$program" gather "$dir" --sizes
