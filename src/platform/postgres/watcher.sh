# Keeps a private PostgreSQL server running while somebody holds a lease on it.
#
#   sh watcher.sh <pid of a server to adopt, or 0> <leases> <socket directory> <postgres> <arguments...>
#
# Runs as the server's user in a process group of its own. Standard input is the `watcher` file,
# locked: the lock lives as long as this process, so nothing started here may inherit it.

server=$1 leases=$2 socket=$3
shift 3

asked=
trap 'asked=yes' TERM
trap '' HUP INT
# After the traps, for whoever reads this may send TERM at once.
printf '%s\n%s\n' "$$" "$socket" >&0

say() {
    echo "$(date '+%Y-%m-%d %H:%M:%S') masthead watcher [$$]: $*"
}

# Whether a process lives; sets `started`, empty where there is no /proc.
alive() {
    started=
    if [ -r "/proc/$1/stat" ]; then
        read -r line 2>/dev/null <"/proc/$1/stat" || return 1
        # The name in parentheses may hold spaces; what follows is the state, and 19 words on the start.
        # shellcheck disable=SC2086
        set -- ${line##*) }
        started=${20}
        [ "$1" != Z ]
    else
        # "Operation not permitted" means that it lives, under another user.
        case $(kill -0 "$1" 2>&1) in
            *[Nn]'o such process'*) return 1 ;;
        esac
    fi
}

running() {
    [ "$server" -gt 0 ] && alive "$server"
}

# A lease is called <pid>-<start time>-<number>: a pid alone may have been taken again.
held() {
    name=${1##*/} pid=${name%%-*}
    began=${name#*-} began=${began%-*}
    alive "$pid" && [ "${started:-$began}" = "$began" ]
}

# The root may have been removed, and made anew by others with a watcher of their own.
dispossessed() {
    owner=
    read -r owner 2>/dev/null <"${leases%/*}/watcher"
    [ "$owner" != "$$" ]
}

leased() {
    found=1
    for lease in "$leases"/*; do
        [ -f "$lease" ] || continue
        if held "$lease"; then found=0; else rm -f "$lease"; fi
    done
    return "$found"
}

launch() {
    "$@" </dev/null &
    server=$!
}

# Fast shutdown: open transactions are rolled back, and clients are not waited for.
stop() {
    running || return 0
    kill -INT "$server"
    wait "$server" 2>/dev/null
    # `wait` returns early on a signal, and at once for an adopted server, which is no child.
    while running; do sleep 0.1 </dev/null 2>/dev/null || sleep 1 </dev/null; done
}

[ "$server" -gt 0 ] || launch "$@"
idle=0 failures=0 rest=0
while :; do
    # In the background, for a shell hears signals only between commands or in `wait`.
    sleep 2 </dev/null &
    timer=$!
    [ -n "$asked" ] || wait "$timer"

    if dispossessed; then asked=yes; fi
    if leased; then idle=0; else idle=$((idle + 1)); fi
    if [ -n "$asked" ] || [ "$idle" -ge 3 ]; then
        kill "$timer" 2>/dev/null
        stop
        # Whoever took a lease after the last look found a server that was about to go.
        if [ -n "$asked" ] || ! leased; then break; fi
        say "a lease was taken during the shutdown: starting the server again"
        idle=0
        launch "$@"
    elif running; then
        failures=0 rest=0
    elif [ "$rest" -gt 0 ]; then
        rest=$((rest - 1))
    else
        say "the server has died: starting it again"
        launch "$@"
        # Five tries at the pace of the looks, then one in three: backends of a killed server may
        # keep its memory for long, and the log should stay readable.
        failures=$((failures + 1))
        [ "$failures" -lt 5 ] || rest=2
    fi
done
rmdir "$socket" 2>/dev/null
exit 0
