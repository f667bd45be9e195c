#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A Debian package of a release build: deb.sh [FOLDER] puts healthd_VERSION_ARCH.deb into FOLDER (here unless named).
# Needs dpkg-dev, and what ./dev install build installs. Its dependencies are those of the libraries that the programs load.
# BUILD=build takes the programs of another build than its own, wherever that would install them.
set -eu
cd "$(dirname "$0")/.."
into=$(mkdir -p "${1:-.}" && cd "${1:-.}" && pwd)
build=${BUILD:-build-deb}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root

[ -f "$build/build.ninja" ] || meson setup "$build" --buildtype=release >"$work/setup.log" ||
    { cat "$work/setup.log" >&2 && exit 1; }
ninja -C "$build" collector/healthd healthctl/healthctl healthctl/healthctl.1 >&2
install -d "$root/usr/bin"
for program in collector/healthd healthctl/healthctl; do
    strip --strip-unneeded -o "$root/usr/bin/${program##*/}" "$build/$program"
done
install -D -m 644 "$build/healthctl/healthctl.1" "$root/usr/share/man/man1/healthctl.1"
install -D -m 644 docs/reference/healthd.yml.5 "$root/usr/share/man/man5/healthd.yml.5"

version=$(meson introspect "$build" --projectinfo | sed -n 's/.*"version": "\([^"]*\)".*/\1/p')
arch=$(dpkg --print-architecture)
install -D -m 644 packaging/systemd/healthd.service "$root/lib/systemd/system/healthd.service"
install -D -m 644 examples/first.yml "$root/usr/share/doc/healthd/examples/healthd.yml"
install -D -m 644 packaging/cron/backup "$root/usr/share/doc/healthd/examples/cron-backup"
install -D -m 644 LICENSE "$root/usr/share/doc/healthd/copyright"
cp -R examples/privileges "$root/usr/share/doc/healthd/examples/"
gzip -9n "$root"/usr/share/man/man*/*
"$root/usr/bin/healthctl" completion bash >"$work/bash"
install -D -m 644 "$work/bash" "$root/usr/share/bash-completion/completions/healthctl"

# dpkg-shlibdeps reads a debian/control and writes what the programs need.
mkdir -p "$work/debian" "$root/DEBIAN"
printf 'Source: healthd\n\nPackage: healthd\nArchitecture: any\n' >"$work/debian/control"
depends=$(cd "$work" && dpkg-shlibdeps -O root/usr/bin/healthd root/usr/bin/healthctl | sed 's/^shlibs:Depends=//')
size=$(du -sk --exclude=DEBIAN "$root" | cut -f1)
cat >"$root/DEBIAN/control" <<END
Package: healthd
Version: $version
Architecture: $arch
Maintainer: the healthd developers <healthd@localhost>
Installed-Size: $size
Depends: $depends, adduser, ca-certificates, tzdata
Section: net
Priority: optional
Description: health monitoring and alerting in one small process
 healthd probes HTTP, TCP, TLS, DNS, PostgreSQL, Redis, MongoDB, containers and
 the machine itself, serves Prometheus metrics and a status page, evaluates alert
 rules, and pages people by PagerDuty, Slack, e-mail or webhooks. healthctl is its
 command line: smoke tests after a deployment, status, silences.
END
install -m 755 packaging/deb/postinst packaging/deb/prerm packaging/deb/postrm "$root/DEBIAN/"
dpkg-deb --root-owner-group --build "$root" "$into/healthd_${version}_$arch.deb" >&2
echo "$into/healthd_${version}_$arch.deb"
