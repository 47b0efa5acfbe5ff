#!/usr/bin/env bash
# Installs a satsim package in an empty Debian 12 and runs it there: version, manual page, completion, a comparison of ResNet-9. As root, with debootstrap and a mirror.
# Usage: tools/test_package.sh FILE.deb [FOLDER]    (FOLDER: where the root file system is made, or is already; default a temporary one)
set -euo pipefail
[ $# -ge 1 ] && [ -f "$1" ] || { echo "usage: $0 FILE.deb [FOLDER]" >&2; exit 2; }
command -v debootstrap >/dev/null || { echo "test_package: debootstrap is missing" >&2; exit 77; }
[ "$(id -u)" -eq 0 ] || { echo "test_package: must be root, for chroot" >&2; exit 77; }
package=$(realpath "$1")
root=${2:-$(mktemp -d)}
mounted=()
cleanup() {
  for point in "${mounted[@]}"; do umount "$point"; done
  [ $# -ge 1 ] || rm -rf --one-file-system "$root"
}
trap 'cleanup ${2+kept}' EXIT

[ -e "$root/usr/bin/apt-get" ] || debootstrap --variant=minbase bookworm "$root"
mount -t proc proc "$root/proc" && mounted+=("$root/proc")
cp /etc/resolv.conf "$root/etc/resolv.conf"
cp "$package" "$root/tmp/satsim.deb"
chroot "$root" bash -euo pipefail -c '
  export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends /tmp/satsim.deb >/dev/null
  cd /
  satsim --version
  satsim doctor
  satsim compare resnet9 --recipe bdwp-2:8 --baseline dense --batch 4 | tail -3
  test -s /usr/share/bash-completion/completions/satsim
  apt-get remove -y -qq satsim >/dev/null
  ! test -e /usr/share/satsim/models || { echo "models are left behind" >&2; exit 1; }
'
echo "test_package: $(basename "$package") installs, runs and goes away in Debian 12"
