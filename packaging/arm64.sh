#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The files of the arm64 image, made on a Debian 12 of another architecture: arm64.sh OUT. Installs a cross compiler, qemu and
# the arm64 libraries, and so wants a machine or a debootstrapped folder that may be thrown away; root.
# Without it: docker buildx build --platform linux/arm64, where everything is emulated, the compiler, too.
set -eu
[ $# -eq 1 ] || {
    echo "usage: arm64.sh OUT" >&2
    exit 2
}
out=$1
cd "$(dirname "$0")/.."
build=${BUILD:-build-arm64}

# The list of packages is ./dev's: libraries for arm64, tools for this machine.
packages() {
    sed -n 's/^build  *\([^ ]*\) .*/\1/p' dev | sed -E '/^gcc$/d; s/^(lib.*|zlib1g)-dev$/&:arm64/'
}

dpkg --add-architecture arm64
apt-get -qq update
# shellcheck disable=SC2046
DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install \
    gcc-aarch64-linux-gnu qemu-user-static $(packages) >&2
[ -f "$build/build.ninja" ] || meson setup --cross-file packaging/image/arm64.ini "$build" >&2
ninja -C "$build" packaging/programs >&2
LDD="qemu-aarch64-static /lib/ld-linux-aarch64.so.1 --list" STRIP=aarch64-linux-gnu-strip \
    packaging/rootfs.sh "$build/packaging/programs" "$out"
