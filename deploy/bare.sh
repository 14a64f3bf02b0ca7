#!/bin/sh
# Proves the README on a bare Debian 12: in a chroot that holds nothing but apt, a clean clone of HEAD,
# `./tollway up`, the printed curl line, `./tollway status`, `./tollway down`. First as root, then as a
# user without any rights, with a checkout of their own: they find nothing but Python there.
#
# It has namespaces of its own for processes and mounts, so that nothing stays behind, however it ends.
# The network is this machine's: Tollway's usual ports must be free.
set -eu

suite=bookworm
cache=${TOLLWAY_BARE_CACHE:-/var/cache/tollway-bare}/$suite.tar
seconds_max=900
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
fail() {
    say "FAILED: $*"
    exit 1
}

# bare USER COMMAND: in the user's checkout. Who is not root cannot become it, whatever they start.
bare() {
    user=$1
    shift
    become=
    [ "$user" = root ] || become="setpriv --reuid=$user --regid=$user --init-groups --no-new-privs"
    home=$(chroot "$root" sh -c "echo ~$user")
    # shellcheck disable=SC2086  # a list of words, or none
    chroot "$root" $become env -i HOME="$home" PATH=/usr/sbin:/usr/bin:/sbin:/bin sh -c "cd ~/tollway && $*"
}

# prove USER: everything that the README promises.
prove() {
    say "as $1: ./tollway up"
    output=$root/$1.txt
    bare "$1" ./tollway up >"$output" 2>&1 &
    up=$!
    until grep -q '^curl "' "$output"; do
        kill -0 $up 2>/dev/null || { cat "$output"; fail 'up has ended'; }
        sleep 0.2
    done
    cat "$output"

    line=$(grep '^curl "' "$output")
    say "$line"
    answer=$root/answer.txt
    status=$(sh -c "$line --silent --show-error --output $answer --write-out '%{http_code}'")
    cat "$answer"
    echo
    [ "$status" = 200 ] || fail "the printed call answers $status"
    grep -q '"path":"/v1/fast/track"' "$answer" || fail 'not the Echo API'

    say "as $1: ./tollway status, down"
    bare "$1" ./tollway status >/dev/null
    bare "$1" ./tollway down
    wait $up || fail "up ended with $?"
}

if [ ! -e "$cache" ]; then
    say "making a bare $suite (once)"
    mkdir -p "$(dirname "$cache")"
    debootstrap --variant=minbase $suite "$root" >/dev/null
    tar -C "$root" -cf "$cache.part" .
    mv "$cache.part" "$cache"
else
    tar -C "$root" -xf "$cache"
fi
chmod 755 "$root" # for others than root, too
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/dev/shm"

# How this machine reaches package registries: its names, its proxy's certificates, its pip.conf.
cp /etc/resolv.conf /etc/hosts "$root/etc/"
[ ! -e /etc/pip.conf ] || cp /etc/pip.conf "$root/etc/"
mkdir -p "$root/usr/local/share/ca-certificates"
find /usr/local/share/ca-certificates -name '*.crt' -exec cp {} "$root/usr/local/share/ca-certificates/" \;

say 'cloning HEAD'
git clone -q "$top" "$root/root/tollway"
prove root
[ ! -e "$root/usr/sbin/policy-rc.d" ] || fail 'policy-rc.d is left behind'

# Root has left what it had to install (Python), and its own checkout, into which nobody else may look.
chroot "$root" useradd --create-home --shell /bin/sh newcomer
chmod 700 "$root/root"
chroot "$root" dpkg-query -W nginx >/dev/null 2>&1 && fail 'NGINX is installed: nothing to prove'
git clone -q "$top" "$root/home/newcomer/tollway"
chroot "$root" chown -R newcomer: /home/newcomer
touch "$root/stamp"
prove newcomer
written=$(chroot "$root" find / -xdev \( -path /home/newcomer -o -path /proc \) -prune -o \
    -newer /stamp -user newcomer -print)
[ -z "$written" ] || fail "written elsewhere than at home: $written"
say "done: the README holds on a bare $suite"
