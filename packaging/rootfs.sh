#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The files of the container image: rootfs.sh INSTALLED OUT takes the programs below INSTALLED (what `meson install
# --destdir` made), what the loader takes for them from this machine, certificates and time zones, and puts them below OUT.
# No shell, no package manager. Called by packaging/Dockerfile and by the tests of the compose stack.
set -eu
[ $# -eq 2 ] || {
    echo "usage: rootfs.sh INSTALLED OUT" >&2
    exit 2
}
installed=$1
out=$2

fail() {
    echo "rootfs.sh: $*" >&2
    exit 1
}

program() {
    found=$(find "$installed" -type f -name "$1" -perm -u+x | head -n 1)
    [ -n "$found" ] || fail "there is no $1 below $installed: run meson install --destdir first"
    echo "$found"
}

# What the loader would take, under the path at which it looks: ldd's third word, or its first for the loader itself.
libraries() {
    ldd "$@" | awk '/=> \// { print $3 } $1 ~ /^\/.*ld-linux/ { print $1 }' | sort -u
}

mkdir -p "$out/usr/bin" "$out/etc/healthd" "$out/etc/ssl/certs" "$out/run/healthd" "$out/var/lib/healthd" "$out/tmp" \
    "$out/proc" "$out/sys" "$out/dev"
for name in healthd healthctl; do
    cp "$(program "$name")" "$out/usr/bin/$name"
    strip --strip-unneeded "$out/usr/bin/$name" 2>/dev/null || true
done
for library in $(libraries "$out/usr/bin/healthd" "$out/usr/bin/healthctl"); do
    mkdir -p "$out$(dirname "$library")"
    cp -L "$library" "$out$library"
done
[ -s /etc/ssl/certs/ca-certificates.crt ] || fail "there are no certificates to trust: install ca-certificates"
cp -L /etc/ssl/certs/ca-certificates.crt "$out/etc/ssl/certs/"
# Zones by name; the copies with leap seconds and the older spelling are left out.
if [ -d /usr/share/zoneinfo ]; then
    mkdir -p "$out/usr/share/zoneinfo"
    (cd /usr/share/zoneinfo && tar -cf - --exclude=./right --exclude=./posix --exclude='./*.tab' --exclude='./tzdata.zi' .) |
        tar -xf - -C "$out/usr/share/zoneinfo"
fi
printf 'root:x:0:0::/:/none\nhealthd:x:65534:65534::/var/lib/healthd:/none\n' >"$out/etc/passwd"
printf 'root:x:0:\nhealthd:x:65534:\n' >"$out/etc/group"
printf 'hosts: files dns\n' >"$out/etc/nsswitch.conf"
cp "$(dirname "$0")/image/healthd.yml" "$out/etc/healthd/healthd.yml"
chmod 755 "$out" "$out/etc/healthd"
chmod 1777 "$out/tmp"
chown 65534:65534 "$out/run/healthd" "$out/var/lib/healthd" 2>/dev/null || true
