#!/bin/sh
# Proves the README on a bare Debian 12, as root: in a chroot that holds nothing but apt, a clean clone
# of HEAD, `./tollway up`, the printed curl line, `./tollway status`, `./tollway down`.
#
# It has namespaces of its own for processes and mounts, so that nothing stays behind, however it ends.
# The network is this machine's: Tollway's usual ports must be free.
set -eu

suite=bookworm
cache=${TOLLWAY_BARE_CACHE:-/var/cache/tollway-bare}/$suite.tar
seconds_max=600
top=$(dirname "$(dirname "$(readlink -f "$0")")")

if [ "${1-}" != inside ]; then
    [ "$(id -u)" -eq 0 ] || { echo 'deploy/bare.sh needs root, for debootstrap and chroot' >&2; exit 1; }
    for tool in debootstrap unshare git curl; do
        command -v $tool >/dev/null || { echo "deploy/bare.sh needs $tool: apt-get install $tool" >&2; exit 1; }
    done
    root=$(mktemp -d /tmp/tollway-bare.XXXXXX)
    trap 'rm -rf --one-file-system "$root"' EXIT
    trap 'exit 1' HUP INT TERM
    timeout --foreground $seconds_max unshare --mount --pid --fork --kill-child "$0" inside "$root"
    exit
fi

root=$2
say() { printf '== %s\n' "$*"; }
bare() { chroot "$root" env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin sh -c "cd /root/tollway && $*"; }

if [ ! -e "$cache" ]; then
    say "making a bare $suite (once)"
    mkdir -p "$(dirname "$cache")"
    debootstrap --variant=minbase $suite "$root" >/dev/null
    tar -C "$root" -cf "$cache.part" .
    mv "$cache.part" "$cache"
else
    tar -C "$root" -xf "$cache"
fi
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/dev/shm"

# How this machine reaches package registries: its names, its proxy's certificates, its pip.conf.
cp /etc/resolv.conf /etc/hosts "$root/etc/"
[ ! -e /etc/pip.conf ] || cp /etc/pip.conf "$root/etc/"
mkdir -p "$root/usr/local/share/ca-certificates"
find /usr/local/share/ca-certificates -name '*.crt' -exec cp {} "$root/usr/local/share/ca-certificates/" \;

say 'cloning HEAD'
git clone -q "$top" "$root/root/tollway"

say './tollway up'
output=$root/root/up.txt
bare ./tollway up >"$output" 2>&1 &
up=$!
until grep -q '^curl "' "$output"; do
    kill -0 $up 2>/dev/null || { cat "$output"; say 'FAILED: up has ended'; exit 1; }
    sleep 0.2
done
cat "$output"

line=$(grep '^curl "' "$output")
say "$line"
status=$(sh -c "$line --silent --show-error --output $root/root/answer.txt --write-out '%{http_code}'")
cat "$root/root/answer.txt"
echo
[ "$status" = 200 ] || { say "FAILED: the printed call answers $status"; exit 1; }
grep -q '"path":"/v1/fast/track"' "$root/root/answer.txt" || { say 'FAILED: not the Echo API'; exit 1; }

say './tollway status'
bare ./tollway status >/dev/null
say './tollway down'
bare ./tollway down
wait $up || { say "FAILED: up ended with $?"; exit 1; }
[ ! -e "$root/usr/sbin/policy-rc.d" ] || { say 'FAILED: policy-rc.d is left behind'; exit 1; }
say "done: the README holds on a bare $suite"
