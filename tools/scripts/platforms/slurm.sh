#!/bin/sh
# A render farm on a real Slurm: a controller and two nodes on this machine, on the loopback interface. tools/farm/slurm.sh makes a
# series in shards while tasks and whole nodes are killed at random; in the end nothing is lost, nothing is doubled, and every file
# is that of a run on one machine. The same shards under GNU parallel. Needs root; apart from the build it ends after 15 minutes at
# most, usually after 3. Usage, from the repository root: sh tools/scripts/platforms/slurm.sh BUILD-FOLDER
set -eu
out=$(realpath -m "$1")/slurm
if [ -z "${GANBEND_BOUNDED-}" ]; then
    sh tools/scripts/packages.sh build
    sh tools/scripts/packages.sh slurm
    [ "$(id -u)" = 0 ] || { echo "slurm.sh: only root can run a Slurm of its own"; exit 1; }
    cmake -S . -B "$out/build" -DCMAKE_BUILD_TYPE=Release -DGANBEND_TESTS=OFF -DGANBEND_CUDA=OFF -DGANBEND_STUDIO=OFF
    cmake --build "$out/build" -j "$(nproc)" --target ganbend
    export GANBEND_BOUNDED=1
    exec timeout -k 30 900 sh "$0" "$@"
fi
program=$out/build/tools/ganbend
model=$PWD/tests/fixtures/toy-faces-64.gbw
farm=$PWD/tools/farm/slurm.sh
pictures=2000
shards=8
rm -rf "$out/series" "$out/plain" "$out/parallel"

# ---- a Slurm, whose processes are children of this script
work=$(mktemp -d)
nodes="n1 n2"
port=$((20000 + $$ % 9000))
while grep -qiE ":($(printf '%04X|%04X|%04X' $port $((port + 1)) $((port + 2)))) " /proc/net/tcp; do port=$((port + 3)); done
mkdir "$work/state" "$work/n1" "$work/n2"
head -c 1024 /dev/urandom >"$work/key"
chmod 0600 "$work/key"
cat >"$work/slurm.conf" <<END
ClusterName=farm
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort=$port
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
AuthType=auth/munge
AuthInfo=socket=$work/munge,cred_expire=5
CredType=cred/munge
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmUser=root
StateSaveLocation=$work/state
SlurmctldPidFile=$work/slurmctld.pid
SlurmctldLogFile=$out/slurmctld.log
SlurmdSpoolDir=$work/%n
SlurmdPidFile=$work/%n.pid
SlurmdLogFile=$out/slurmd-%n.log
SlurmdParameters=config_overrides
ReturnToService=2
SlurmdTimeout=10
JobRequeue=1
NodeName=n1 NodeHostname=localhost NodeAddr=127.0.0.1 Port=$((port + 1)) CPUs=1
NodeName=n2 NodeHostname=localhost NodeAddr=127.0.0.1 Port=$((port + 2)) CPUs=1
PartitionName=all Nodes=ALL Default=YES MaxTime=10 State=UP
END
SLURM_CONF=$work/slurm.conf
export SLURM_CONF
rm -f "$out"/*.log
munged=
controller=
n1=
n2=
series=

# end PID…: processes that this script has started
end() {
    for process in "$@"; do kill -KILL "$process" 2>/dev/null || :; done
}

# tasks NODE: the processes of this build's program that the node has started
tasks() {
    for process in /proc/[0-9]*; do
        [ "$(readlink "$process/exe" 2>/dev/null)" = "$program" ] &&
            tr '\0' '\n' <"$process/environ" 2>/dev/null | grep -qx "SLURMD_NODENAME=$1" && echo "${process#/proc/}"
    done
    return 0
}

# steps NODE: their parents, which tell the node how a task ended
steps() {
    for process in $(tasks "$1"); do
        parent=$(sed -n 's/^PPid:\t//p' "/proc/$process/status" 2>/dev/null)
        [ "$(cat "/proc/${parent:-0}/comm" 2>/dev/null)" = slurmstepd ] && echo "$parent"
    done
    return 0
}

clean_up() {
    status=$?
    trap - EXIT TERM INT
    end $series $controller $n1 $n2
    for node in $nodes; do end $(steps $node) $(tasks $node); done
    end $munged
    rm -rf "$work"
    exit $status
}
trap clean_up EXIT
trap 'exit 143' TERM INT

start_node() {
    slurmd -D -N "$1" >>"$out/slurmd-$1.log" 2>&1 &
    eval "$1=$!"
}

# A node that dies: its slurmd, then the processes that report the end of a task, then the tasks.
kill_node() {
    eval "daemon=\$$1"
    killed=$(tasks "$1")
    step=$(steps "$1")
    # shellcheck disable=SC2086  # several processes
    end $daemon $step $killed
}

random() { echo $(($(od -An -N2 -tu2 /dev/urandom) % $1)); }
is_idle() { sinfo -h -N -n "$1" -o %t 2>/dev/null | grep -qE '^(idle|mix|alloc)$'; }

# munged warns of a folder that only root can enter, and of credentials that have expired while a node was dead.
munged --foreground --force --key-file="$work/key" --socket="$work/munge" --pid-file="$work/munged.pid" \
    --log-file="$out/munged.log" --seed-file="$work/seed" >"$out/munged.log" 2>&1 &
munged=$!
slurmctld -D >"$out/controller.log" 2>&1 &
controller=$!
for node in $nodes; do start_node $node; done
for node in $nodes; do
    waited=0
    until is_idle $node; do
        waited=$((waited + 1))
        [ $waited -lt 60 ] || { cat "$out"/*.log; echo "node $node does not come up"; exit 1; }
        sleep 0.5
    done
done

# ---- a series, while nodes die
begun=$(date +%s)
sh "$farm" -n $shards --tries 20 --poll 1 -- "$program" render "$model" --seeds 0-$((pictures - 1)) --trunc 0.7 \
    -o "$out/series" >"$out/farm.log" 2>&1 &
series=$!
tasks_killed=0
nodes_killed=0
while kill -0 $series 2>/dev/null && [ $((tasks_killed + nodes_killed)) -lt 9 ]; do
    sleep $((1 + $(random 3)))
    node=n$((1 + $(random 2)))
    task=$(tasks $node)
    [ -n "$task" ] || continue
    if [ $nodes_killed -lt 3 ] && [ "$(random 2)" = 0 ]; then
        kill_node $node
        nodes_killed=$((nodes_killed + 1))
        echo "killed node $node"
        sleep $((1 + $(random 20)))         # sometimes before Slurm notices, sometimes after
        start_node $node
    else
        kill -KILL "$task" 2>/dev/null || continue
        tasks_killed=$((tasks_killed + 1))
        echo "killed a task on $node"
    fi
done
status=0
wait $series || status=$?
series=
cat "$out/farm.log"
[ $status -eq 0 ] || { tail -n 5 "$out"/series/manifests/log-*.txt; exit 1; }
seconds=$(($(date +%s) - begun))
echo "$pictures pictures in $shards shards on two nodes in $seconds s, with $tasks_killed tasks and $nodes_killed nodes killed"
[ $((tasks_killed + nodes_killed)) -gt 2 ] || { echo "the series was over before much was killed"; exit 1; }
grep -q ', [1-9][0-9]* kept' "$out"/series/manifests/log-*.txt || { echo "no shard went on after a kill"; exit 1; }

# ---- nothing lost, nothing doubled, the same bits
"$program" gather "$out/series"
begun=$(date +%s)
"$program" render "$model" --seeds 0-$((pictures - 1)) --trunc 0.7 -o "$out/plain"
echo "$pictures pictures on one machine in $(($(date +%s) - begun)) s"
diff -r -x manifests -x manifest.jsonl "$out/plain" "$out/series"
[ "$(sed 1d "$out/series/manifest.jsonl" | grep -o '"file":"[^"]*"' | sort -u | wc -l)" -eq $pictures ]
[ "$(sed 1d "$out/series/manifest.jsonl" | wc -l)" -eq $pictures ]

# ---- GNU parallel: the first shard that has some pictures is killed, and tried again
pictures=600
seq 6 | parallel -j 2 --retries 3 --will-cite "$program" render "$model" --seeds 0-$((pictures - 1)) --trunc 0.7 --threads 1 \
    -o "$out/parallel" --shard '{}/6' >"$out/parallel.log" 2>&1 &
series=$!
killed=
while [ -z "$killed" ] && kill -0 $series 2>/dev/null; do
    for journal in "$out"/parallel/manifests/*.journal; do
        [ -e "$journal" ] && [ "$(wc -l <"$journal")" -gt 10 ] || continue
        shard=$(basename "$journal" .journal)
        for process in /proc/[0-9]*; do
            [ "$(readlink "$process/exe" 2>/dev/null)" = "$program" ] &&
                tr '\0' '\n' <"$process/cmdline" 2>/dev/null | grep -qx "${shard%%-*}/6" &&
                kill -KILL "${process#/proc/}" 2>/dev/null && killed=$shard
        done
    done
done
wait $series
series=
cat "$out/parallel.log"
[ -n "$killed" ] || { echo "no shard was killed"; exit 1; }
grep -q ', [1-9][0-9]* kept' "$out/parallel.log" || { echo "shard $killed did not go on"; exit 1; }
"$program" gather "$out/parallel"
for picture in "$out"/parallel/*.png; do cmp "$picture" "$out/plain/$(basename "$picture")"; done
[ "$(find "$out/parallel" -name '*.png' | wc -l)" -eq $pictures ]
