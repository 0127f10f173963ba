# Sourced by deploy/up and deploy/test: words for the terminal, and what apt must bring.
# shellcheck shell=bash

if [ -t 1 ]; then bold=$'\e[1m' dim=$'\e[2m' red=$'\e[31m' plain=$'\e[0m'; else bold='' dim='' red='' plain=''; fi

say() { printf '%s==>%s %s\n' "$bold" "$plain" "$*"; }
note() { printf '    %s%s%s\n' "$dim" "$*" "$plain"; }
refuse() {
    printf '%sCannot go on:%s %s\n' "$red" "$plain" "$1" >&2
    shift
    for line in "$@"; do printf '    %s\n' "$line" >&2; done
    exit 1
}

# Runs a command as root: directly, or through sudo.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

apt_get() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=600 \
        -o Dpkg::Options::=--force-confold "$@"
}

package_installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# install_packages "name: what it is for" …: names every missing package in words, then installs those and no others.
install_packages() {
    local entry missing=()
    if ! command -v dpkg-query >/dev/null; then
        note "This is not Debian; these must be there already:"
        for entry in "$@"; do note "$entry"; done
        return 0
    fi
    for entry in "$@"; do
        package_installed "${entry%%:*}" || missing+=("$entry")
    done
    if [ ${#missing[@]} -eq 0 ]; then
        note "all $# Debian packages are there"
        return 0
    fi
    say "Debian packages missing: ${#missing[@]}"
    for entry in "${missing[@]}"; do note "$entry"; done
    local names=("${missing[@]%%:*}")
    if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
        refuse "installing packages needs root, and there is no sudo here." "Run this as root: apt-get install ${names[*]}"
    fi
    # A list of packages that is absent or older than a day misses versions that mirrors have already dropped.
    if [ -z "$(find /var/lib/apt/lists -maxdepth 1 -name '*_Packages*' -mtime -1 2>/dev/null | head -n 1)" ]; then
        apt_get update || note "apt-get update failed; trying with the lists that are there"
    fi
    apt_get install --no-install-recommends "${names[@]}" && return 0
    note "apt did not finish; repairing what it left, reading the lists again, and trying once more"
    apt_get --fix-broken install || true
    apt_get update || true
    apt_get install --no-install-recommends "${names[@]}" ||
        refuse "apt could not install: ${names[*]}" "The lines above say why."
}

# What building and running Citygate needs.
house_packages=(
    "postgresql: the database server; Citygate starts a private one of its own and uses no other"
    "libpq-dev: PostgreSQL's client library"
    "libssl-dev: OpenSSL, for all signing and encryption"
    "libargon2-dev: password hashing"
    "libgd-dev: captcha pictures"
    "libqrencode-dev: the QR codes of the login page"
    "zlib1g-dev: style sheet and script travel compressed"
    "pkg-config: tells the Swift build where those libraries are"
    "git: the Swift build fetches its packages with it"
    "curl: asks the started server whether it is ready"
    "ca-certificates: the certificates that downloads are checked against"
)

require_swift() {
    command -v swift >/dev/null || refuse "there is no Swift on this machine (no 'swift' on the PATH)." \
        "Citygate needs Swift 6.3. Install it for Debian 12 from https://www.swift.org/install/linux/," \
        "put its usr/bin on the PATH, and run this again."
    local version
    version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\)\.\([0-9]*\).*/\1 \2/p' | head -n 1)
    local major minor
    read -r major minor <<<"${version:-0 0}"
    if [ "$major" -lt 6 ] || { [ "$major" -eq 6 ] && [ "$minor" -lt 3 ]; }; then
        refuse "this Swift is ${major}.${minor}; Citygate needs 6.3 or newer." "See https://www.swift.org/install/linux/."
    fi
    note "Swift ${major}.${minor}"
}

# seconds_since START: whole seconds, as "42 s" or "3 min 05 s".
seconds_since() {
    local seconds=$(($(date +%s) - $1))
    if [ "$seconds" -lt 60 ]; then printf '%d s' "$seconds"; else printf '%d min %02d s' $((seconds / 60)) $((seconds % 60)); fi
}
