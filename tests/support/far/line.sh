#!/bin/sh
# FOLDER DELAY LOSS SSHD: a server for ssh at the far end of a slow line, until it is killed. Says "ready".
#
# Started in mounts and processes of its own, so that everything here ends with it. The near end of the wire is in the network that it goes
# on in; the far end and the server are in another. FOLDER/home leads from there to the network that it was started in: what a test
# serves on loopback is there.
set -eu
folder=$1 delay=$2 loss=$3 sshd=$4
if [ ! -e "$folder/home" ]; then
  touch "$folder/home"
  mount --bind /proc/self/ns/net "$folder/home"
  exec unshare --net sh "$0" "$@"
fi

# One for each: a writer that has not closed yet would be the end of the next reader.
mkfifo "$folder/far" "$folder/wire"
unshare --net sh -c "echo >$folder/far; exec sleep infinity" &
far=$!
read -r _ <"$folder/far"
/usr/bin/python3 "${0%/*}/wire.py" "$delay" "$loss" 42 >"$folder/wire" &
read -r _ <"$folder/wire"
ip link set far netns $far
ip addr add 10.231.1.1/30 dev near
ip link set near up
nsenter -t $far -n ip addr add 10.231.1.2/30 dev far
nsenter -t $far -n ip link set far up

# It wants an empty folder in /run, which is not ours.
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -m 755 /run/sshd
nsenter -t $far -n "$sshd" -e -D -f "$folder/config" 2>"$folder/log" &
echo ready
wait
