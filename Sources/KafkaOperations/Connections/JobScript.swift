import RunEngine

/// What a shell does for a process that must be found again after the death of whoever started it.
///
/// A job has a name, and files of that name in a folder of its run:
///
/// - `.begun`: process id (which is also its session's and group's), start time in clock ticks since boot, boot id. On the
///   runner's own machine id and start time of the process that will keep its end follow (`JobKeepers`; elsewhere that is the
///   first one itself, `supervisor`), and there the exit code is its second line. Made exclusively, before the program starts:
///   there is never a second one under the same name. Whoever finds out about a job that never began makes the file himself,
///   so that it cannot begin any more.
/// - `.out` and `.err`: what the program says. It writes into files, so it does not die with its reader.
/// - `.in`: what the program reads, where it reads something.
/// - `.exit`: the exit code as a shell says it, written in one piece; elsewhere than on the runner's own machine.
///
/// POSIX `sh` and `/proc`; over a connection also `setsid`, `wc`, `tail` and `head`.
enum JobScript {
    /// What a supervisor says, on its own standard error, when it does not run the program.
    static let taken = "opsrun: taken"
    static let full = "opsrun: full"
    /// What stands in `.begun` of a job that never will.
    static let never = "never"
    /// Bytes of each stream that a job leaves on disk, as far as the file system can take the middle out of a file.
    static let keptBytes = 64 << 20
    /// Of these, the first ones.
    static let keptHead = 1 << 20
    /// How often a file is looked at for more, in seconds; at first more often.
    static let followPause = "0.3"

    /// `sh -c supervisor opsrun-job PREFIX PROGRAM ARGUMENT…`
    ///
    /// A signal to the group is the program's, and not the supervisor's: the exit code is still written.
    static let supervisor = """
        d=$1; shift
        read -r x x x x x x x x x x x x x x x x x x x x x t x </proc/$$/stat
        read -r b </proc/sys/kernel/random/boot_id
        set -C
        { echo "$$ $t $b" >"$d.begun"; } 2>/dev/null || {
          if [ -s "$d.begun" ]; then echo '\(taken)' >&2; else echo '\(full)' >&2; fi
          exit 125
        }
        set +C
        true >"$d.out" 2>"$d.err" || { echo '\(full)' >&2; exit 125; }
        trap : HUP INT TERM
        if [ -e "$d.in" ]; then "$@" <"$d.in" >"$d.out" 2>"$d.err"; else "$@" >"$d.out" 2>"$d.err"; fi
        r=$?
        echo $r >"$d.exit"
        exit $r
        """
}

/// The scripts for a job on a host: each says on standard error, marked by a random word, what it found.
struct JobAtHost: Sendable {
    let job: ProcessJob
    /// An unguessable word.
    let mark: String
    /// The folder of the run's jobs there, for `sh`.
    let folder: String

    /// Below the home of the user that logs in: it outlives a restart of the machine, and nobody else enters it.
    init(_ job: ProcessJob, mark: String) {
        self.job = job
        self.mark = mark
        folder =
            "\"${XDG_STATE_HOME:-${HOME:-/var/tmp/opsrun-$(id -u)}/.local/state}\"/opsrun/jobs/"
            + ShellWords.quote(job.runID)
    }

    /// On this machine.
    init(local job: ProcessJob, mark: String) {
        self.job = job
        self.mark = mark
        folder = ShellWords.quote(job.folder)
    }

    private var names: String {
        """
        b=\(folder); d="$b"/\(ShellWords.quote(job.name)); m=\(mark)
        say() { echo "$m:$1" >&2; }
        boot() { read -r n </proc/sys/kernel/random/boot_id && [ "$n" = "$o" ]; }
        runs() {
          v=; while read -r l; do v="$v $l"; done 2>/dev/null <"/proc/$1/stat" || return 1
          q=$2; set -- ${v##*) }
          [ "${20}" = "$q" ] && [ "$1" != Z ]
        }
        alive() { boot && runs "$p" "$t"; }
        kept() { [ -n "$kt" ] && boot && runs "$kp" "$kt"; }
        over() {
          r=; if [ -s "$d.exit" ]; then read -r r <"$d.exit"; elif [ -n "$kt" ]; then { read -r x; read -r r; } <"$d.begun"; fi
          [ -n "$r" ]
        } 2>/dev/null
        settle() { y=0; while [ $y -lt 100 ] && ! over && kept; do sleep 0.1; y=$((y+1)); done; }
        """
    }

    /// Shows what comes until the end, and says `end:CODE` or `lost`. `p t o`: process, start time, boot.
    private var follow: String {
        """
        i=0; j=0; w=0.02
        more() {
          [ -s "$d.out" ] && { n=$(wc -c <"$d.out"); [ "$n" -gt $i ] && { tail -c +$((i+1)) "$d.out" | head -c $((n-i)); i=$n; }; \\
            [ $i -gt \(JobScript.keptBytes) ] && fallocate -p -o \(JobScript.keptHead) -l $((i-\(JobScript.keptBytes / 2))) "$d.out" 2>/dev/null; }
          [ -s "$d.err" ] && { n=$(wc -c <"$d.err"); [ "$n" -gt $j ] && { tail -c +$((j+1)) "$d.err" | head -c $((n-j)) >&2; j=$n; }; \\
            [ $j -gt \(JobScript.keptBytes) ] && fallocate -p -o \(JobScript.keptHead) -l $((j-\(JobScript.keptBytes / 2))) "$d.err" 2>/dev/null; }
        }
        while ! over && alive; do more; sleep $w; w=\(JobScript.followPause); done
        settle
        more
        rm -f "$d.in"
        if over; then say "end:$r"; else say lost; fi
        """
    }

    /// Reads who the job's process is; a name without one is one whose beginning was cut short.
    private var begun: String {
        """
        k=0; p=
        while [ $k -lt 100 ] && ! { read -r p t o kp kt <"$d.begun" && [ -n "$o$p" ]; } 2>/dev/null; do sleep 0.1; k=$((k+1)); done
        """
    }

    /// Starts the job and follows it. `input`: how many bytes of standard input are the program's.
    func start(_ argv: [String], directory: String?, input: Int?) -> String {
        let enter = directory.map { "cd -- \(ShellWords.quote($0)) || { say folder; exit 0; }\n" } ?? ""
        let feed =
            input.map {
                "head -c \($0) >\"$d.in\" && [ \"$(wc -c <\"$d.in\")\" -eq \($0) ] || { say input; exit 0; }\n"
            } ?? ""
        // A word without a slash could be a command of the shell itself.
        let words = argv.first?.contains("/") == true ? argv : ["env", "--"] + argv
        return """
            \(names)
            command -v setsid >/dev/null || { say setsid; exit 0; }
            u=$(umask); umask 077
            mkdir -p "$b" || { say full; exit 0; }
            \(feed)umask $u
            \(enter)setsid sh -c \(ShellWords.quote(JobScript.supervisor)) opsrun-job "$d" \(ShellWords.quote(words)) \
            </dev/null >/dev/null 2>&1 &
            c=$!
            \(begun)
            [ "$p" = $c ] || { say taken; exit 0; }
            \(follow)
            """
    }

    /// Finds the job and follows it to its end. One that has not begun is kept from ever beginning: `never`. `nowhere`: the
    /// host has no folder of this run.
    var attach: String {
        """
        \(names)
        [ -d "$b" ] || { say nowhere; exit 0; }
        set -C
        if { echo \(JobScript.never) >"$d.begun"; } 2>/dev/null; then say never; exit 0; fi
        set +C
        \(begun)
        [ "$p" = \(JobScript.never) ] && { say never; exit 0; }
        [ -n "$p" ] || { say lost; exit 0; }
        \(follow)
        """
    }

    /// Ends the job's group, and says how the job ended: as `attach` does, or `alive` when it would not end.
    func end(grace: Duration) -> String {
        let ticks = max(1, Int(clamping: grace.components.seconds) * 5)
        return """
            \(names)
            p=; read -r p t o kp kt 2>/dev/null <"$d.begun"
            [ -n "$o" ] && [ "$p" -gt 1 ] || { say lost; exit 0; }
            alive && kill -TERM "-$p" 2>/dev/null
            k=0; while [ $k -lt \(ticks) ] && alive; do sleep 0.2; k=$((k+1)); done
            alive && kill -KILL "-$p" 2>/dev/null
            k=0; while [ $k -lt 25 ] && alive; do sleep 0.2; k=$((k+1)); done
            alive || settle
            if alive; then say alive
            elif over; then say "end:$r"
            else say lost; fi
            """
    }

    /// Forgets the jobs of the run.
    var forget: String { "b=\(folder); rm -rf -- \"$b\"" }
}
