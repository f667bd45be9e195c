#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The files of the container image: rootfs.sh PROGRAM OUT takes the one program (packaging/programs of a build), what the
# loader takes for it from this machine, certificates and time zones, and puts them below OUT. No shell, no package manager.
# Called by packaging/Dockerfile, packaging/arm64.sh and the tests of the compose stack. Needs strip (binutils) and zic (libc-bin);
# LDD and STRIP name other commands than ldd and strip, for a program of another architecture.
set -eu
[ $# -eq 2 ] || {
    echo "usage: rootfs.sh PROGRAM OUT" >&2
    exit 2
}
program=$1
out=$2

fail() {
    echo "rootfs.sh: $*" >&2
    exit 1
}

# What the loader would take, under the path at which it looks: ldd's third word, or its first for the loader itself.
libraries() {
    # shellcheck disable=SC2086
    ${LDD:-ldd} "$1" | awk '/=> \// { print $3 } $1 ~ /^\/.*ld-linux/ { print $1 }' | sort -u
}

# Zones by name, from the one text that Debian compiles: "slim" files have the rule of the years to come in place of a list
# of its dates. A system without it has the files themselves; copies with leap seconds and the older spelling are left out.
zones() {
    if [ -f /usr/share/zoneinfo/tzdata.zi ]; then
        zic -b slim -d "$1" /usr/share/zoneinfo/tzdata.zi
    else
        mkdir -p "$1"
        (cd /usr/share/zoneinfo && tar -cf - --exclude=./right --exclude=./posix --exclude='./*.tab' .) | tar -xf - -C "$1"
    fi
}

[ -x "$program" ] || fail "there is no program $program: ninja -C BUILD packaging/programs makes it"
[ -s /etc/ssl/certs/ca-certificates.crt ] || fail "there are no certificates to trust: install ca-certificates"
mkdir -p "$out/usr/bin" "$out/usr/share" "$out/etc/healthd" "$out/etc/ssl/certs" "$out/run/healthd" "$out/var/lib/healthd" \
    "$out/tmp" "$out/proc" "$out/sys" "$out/dev"
"${STRIP:-strip}" --strip-unneeded -o "$out/usr/bin/healthd" "$program"
ln -sf healthd "$out/usr/bin/healthctl"
for library in $(libraries "$program"); do
    mkdir -p "$out$(dirname "$library")"
    cp -L "$library" "$out$library"
done
cp -L /etc/ssl/certs/ca-certificates.crt "$out/etc/ssl/certs/"
zones "$out/usr/share/zoneinfo"
printf 'root:x:0:0::/:/none\nhealthd:x:65534:65534::/var/lib/healthd:/none\n' >"$out/etc/passwd"
printf 'root:x:0:\nhealthd:x:65534:\n' >"$out/etc/group"
printf 'hosts: files dns\n' >"$out/etc/nsswitch.conf"
cp "$(dirname "$0")/image/healthd.yml" "$out/etc/healthd/healthd.yml"
chmod 755 "$out" "$out/etc/healthd"
chmod 1777 "$out/tmp"
chown 65534:65534 "$out/run/healthd" "$out/var/lib/healthd" 2>/dev/null || true
