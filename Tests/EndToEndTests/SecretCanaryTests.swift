import TestSupport
import Testing

/// Forty secrets of every kind, through every source, into every place that shows or keeps something: none of them is seen, in
/// no encoding. The search knows nothing of how opsrun hides them: it is a program of its own.
@Suite(.serialized) struct SecretCanaryTests {
    /// Makes the secrets and their sources; prints the parameters of the playbook.
    private static let make = #"""
        import base64, hashlib, hmac, json, os, subprocess
        unique = lambda n: hashlib.sha256(b"canary %d" % n).hexdigest()[:10]
        shapes = ["%s", "pass word %s", "q'uo\"te%s", "a.*[%s]+$", "{\"key\": \"%s\"}", "<&%s>", "p@ss/%s?x=1&y=2", "ærlig-%s-日本",
                  "-----BEGIN KEY-----\nMIIE%s+/abcdefghijklmnop\nAAAA%sqrstuvwxyz0123456789\n-----END KEY-----", "back\\slash%s",
                  "tab\there%s", "$(%s)`x`", "%%41%s%%", "x" * 40 + "%s", "%s" + "0123456789" * 30, "=%s==", "|%s|", "#%s: yes",
                  "\u202e%s", "%s" * 3]
        secrets = [shapes[n % len(shapes)].replace("%s", unique(n)).replace("%%", "%") for n in range(40)]
        secrets[37] = "907318264455"                                      # nothing but digits
        secrets[39] = secrets[0] + "-longer"                              # one begins with another
        os.makedirs("values", mode=0o700)
        os.makedirs("credentials", mode=0o700)
        environment, params, vault = {}, [], {}
        for n, text in enumerate(secrets):
            kind = ["env", "file", "cmd", "vault", "credential", "given", "host"][n % 7]
            if kind in ("env", "given", "host"):
                environment[f"CANARY_{n}"] = text
                source = f"env:CANARY_{n}"
            elif kind == "vault":
                vault[f"k{n}"] = text
                source = f"vault:vault.yml#k{n}"
            else:
                with open(f"credentials/c{n}" if kind == "credential" else f"values/{n}", "w") as file:
                    file.write(text)
                source = {"file": f"file:values/{n}", "cmd": f"cmd:cat values/{n}", "credential": f"credential:c{n}"}[kind]
            params.append((n, kind, source))
        plain = json.dumps(vault).encode()
        salt, pad = b"s" * 32, 16 - len(plain) % 16
        keys = hashlib.pbkdf2_hmac("sha256", b"vault-pass", salt, 10000, 80)
        sealed = subprocess.run(["openssl", "enc", "-aes-256-ctr", "-nopad", "-K", keys[:32].hex(), "-iv", keys[64:].hex()],
                                input=plain + bytes([pad]) * pad, capture_output=True, check=True).stdout
        mac = hmac.new(keys[32:64], sealed, "sha256").hexdigest()
        body = "\n".join([salt.hex(), mac, sealed.hex()]).encode().hex()
        with open("vault.yml", "w") as file:
            file.write("$ANSIBLE_VAULT;1.1;AES256\n" + "\n".join(body[i:i + 80] for i in range(0, len(body), 80)) + "\n")
        with open("vault-pass", "w") as file:
            file.write("vault-pass\n")
        os.chmod("vault-pass", 0o600)
        with open("secrets.json", "w") as file:
            json.dump({"secrets": secrets, "environment": environment}, file)
        given = {f"c{n}": {"secret": source} for n, kind, source in params if kind == "given"}
        with open("given.json", "w") as file:
            json.dump(given, file)
        with open("inventory.yml", "w") as file:
            file.write("all:\n  hosts:\n    box:\n      ansible_connection: local\n")
            for n, kind, source in params:
                if kind == "host":
                    file.write(f"      h{n}: {{secret: \"{source}\"}}\n")
        with open("play.yml", "w") as file:
            def names(indent):
                return "".join(f"{indent}C{n}: \"{{{{ {'host.h' if kind == 'host' else 'c'}{n} }}}}\"\n" for n, kind, _ in params)
            file.write("opsrun: 1\nname: Canaries\nparams:\n  plain: {type: string, default: seen}\n")
            for n, kind, source in params:
                if kind == "given":
                    file.write(f"  c{n}: {{type: secret}}\n")
                elif kind != "host":
                    file.write(f"  c{n}: {{type: secret, default: {{secret: \"{source}\"}}}}\n")
            file.write("plays:\n  - hosts: box\n    tasks:\n      - name: Shout\n        command: [python3, shout.py]\n")
            file.write("        environment:\n" + names("          ") + "        register: said\n")
            file.write("""
              - name: Template
                template: {src: all.j2, dest: kept.txt}
              - name: Copy
                copy: {content: "{{ c0 }} and {{ c1 }}", dest: copied.txt}
              - name: Standard input
                command: {argv: [python3, -c, "import sys; print(sys.stdin.read()[::-1])"], stdin: "{{ c0 ~ c1 ~ c2 ~ c3 }}"}
                register: read
              - name: Nothing was declared here
                shell: cat /proc/self/environ > environ.txt; cat /proc/*/cmdline > cmdline.txt 2>/dev/null; true
              - name: Say {{ said.stdout_lines | first }} and {{ read.stdout }}
                debug: {msg: "{{ said.stdout }} {{ said.stderr }} {{ read.stdout }} {{ plain }}"}
              - name: Loop
                debug: {msg: "{{ item }}"}
                loop: "{{ said.stdout_lines[:6] }}"
                when: item != 'x'
              - name: Report
                report: {title: "{{ said.stdout_lines | first }}", include: ["{{ said.stdout }}"]}
              - name: Find
                check: {value: "{{ said.stdout_lines | first }}", critical: "value != ''", message: "{{ said.stdout }}"}
              - name: Fail
                command: [python3, shout.py, fail]
                environment: {C0: "{{ c0 }}", C1: "{{ c1 }}", C2: "{{ c2 }}"}
                on_failure: continue
                reason: the next one fails, too
              - name: Wrong
                assert: {that: ["said.stdout_lines | first == 'x'"], fail_msg: "{{ said.stdout }}"}
        """)
        with open("all.j2", "w") as file:
            file.write("".join(f"{{{{ c{n} }}}}\n" for n, kind, _ in params if kind != "host"))

        """#

    /// Prints what it is given in every form.
    private static let shout = #"""
        import base64, html, json, os, shlex, sys, urllib.parse
        for n in range(40):
            text = os.environ.get(f"C{n}")
            if text is None:
                continue
            raw = text.encode()
            for form in [text, raw.hex(), raw.hex().upper(), urllib.parse.quote(text), urllib.parse.quote_plus(text), json.dumps(text),
                         json.dumps(text, ensure_ascii=False), html.escape(text), shlex.quote(text), text[::-1]] + \
                    [base64.b64encode(b"x" * k + raw + b"yz").decode() for k in range(3)] + \
                    [base64.urlsafe_b64encode(raw).decode(), json.dumps(text).replace("/", "\\/"),
                     json.dumps(text, ensure_ascii=False).replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")]:
                print(form)
                print("error:", form, file=sys.stderr)
        sys.exit(3 if len(sys.argv) > 1 else 0)

        """#

    /// Names every form of every secret that stands in a file.
    private static let search = #"""
        import base64, html, json, os, shlex, sys, urllib.parse
        known = json.load(open("secrets.json"))["secrets"]
        forms = []
        for n, text in enumerate(known):
            raw = text.encode()
            forms.append((n, "raw", raw))
            forms += [(n, "line", line.encode()) for line in text.split("\n") if len(line) >= 12 and "KEY" not in line]
            for k in range(3):
                whole = base64.b64encode(b"\0" * k + raw)
                first, last = (k * 8 + 5) // 6, (k + len(raw)) * 8 // 6
                forms.append((n, f"base64 at {k}", whole[first:last]))
            forms += [(n, "hex", raw.hex().encode()), (n, "HEX", raw.hex().upper().encode()),
                      (n, "url", urllib.parse.quote(text, safe="").encode()), (n, "json", json.dumps(text)[1:-1].encode()),
                      (n, "xml", html.escape(text).encode()), (n, "shell", shlex.quote(text).encode()),
                      (n, "reversed", text[::-1].encode()), (n, "PHP", json.dumps(text).replace("/", "\\/")[1:-1].encode()),
                      (n, "Go", json.dumps(text, ensure_ascii=False).replace("&", "\\u0026").replace("<", "\\u003c")
                       .replace(">", "\\u003e")[1:-1].encode())]
        files = 0
        for path in sys.argv[1:]:
            for folder, _, names in os.walk(path) if os.path.isdir(path) else [("", [], [path])]:
                for name in names:
                    files += 1
                    with open(os.path.join(folder, name), "rb") as file:
                        data = file.read()
                    for n, form, needle in forms:
                        if needle in data:
                            print(f"secret {n} ({form}) in {os.path.join(folder, name)}")
        print(f"searched {files} files for {len(forms)} forms")

        """#

    @Test func `forty secrets from every source are seen nowhere`() async throws {
        try await ScratchDirectory.with { scratch in
            func python(_ file: String, _ words: [String] = []) async throws -> String {
                let ended = try await TestProcess.run(["python3", file] + words, in: scratch)
                try #require(ended.status == 0, "\(ended.stdout)\n\(ended.stderr)")
                return ended.stdout
            }
            try scratch.write(Self.make, to: "make.py")
            try scratch.write(Self.shout, to: "shout.py")
            try scratch.write(Self.search, to: "search.py")
            // Environment variables hold what only Python can spell: it starts opsrun, too.
            try scratch.write(
                """
                import json, os, sys
                os.environ.update(json.load(open("secrets.json"))["environment"])
                os.environ.update(CREDENTIALS_DIRECTORY=os.path.abspath("credentials"), XDG_STATE_HOME=os.path.abspath("state"),
                                  ANSIBLE_VAULT_PASSWORD_FILE=os.path.abspath("vault-pass"), CI="", OPSRUN_INVENTORY="")
                os.execv(sys.argv[1], sys.argv[1:])

                """, to: "start.py")
            _ = try await python("make.py")
            let given = try scratch.read("given.json")
            var shown: [String] = []
            func opsrun(_ words: String..., expect: Int32) async throws {
                let ended = try await TestProcess.run(
                    ["python3", "start.py", BuiltOpsrun.path] + words, in: scratch)
                #expect(ended.status == expect, "\(words): \(ended.stdout.suffix(2000))\n\(ended.stderr.suffix(2000))")
                for (name, text) in [("out", ended.stdout), ("err", ended.stderr)] {
                    shown.append("said-\(shown.count).\(name)")
                    try scratch.write(text, to: shown[shown.count - 1])
                }
            }
            try await opsrun(
                "plan", "play.yml", "-i", "inventory.yml", "-e", given, "-o", "kept.opsplan", "-vv", expect: 0)
            try await opsrun("plan", "play.yml", "-i", "inventory.yml", "-e", given, "--output", "json", expect: 0)
            for words in [["show", "kept.opsplan"], ["show", "kept.opsplan", "--output", "json"]] {
                try await opsrun(words[0], words[1], "--output", words.last == "json" ? "json" : "markdown", expect: 0)
            }
            try await opsrun("apply", "kept.opsplan", "--yes", "--output", "jsonl", expect: 5)
            try await opsrun(
                "play.yml", "-i", "inventory.yml", "-e", given, "--yes", "--diff", "-vv", "--output", "human", expect: 5
            )
            try await opsrun("audit", "show", "--output", "json", expect: 0)
            try await opsrun("status", "last", expect: 0)

            // They arrived where they were sent,
            let first = try scratch.read("kept.txt").split(separator: "\n").first.map(String.init) ?? ""
            #expect(try scratch.read("secrets.json").contains(first) && first.count >= 10)
            // and nowhere else: not in what was said or kept, not in a command line, not in an environment.
            let found = try await python(
                "search.py", shown + ["state", "kept.opsplan", "cmdline.txt", "environ.txt"])
            let lines = found.split(separator: "\n")
            #expect(lines.count == 1, "\(lines.prefix(40).joined(separator: "\n"))")
            let journal = try await TestProcess.run(["sh", "-c", "cat state/opsrun/runs/*/journal.jsonl"], in: scratch)
            #expect(journal.stdout.contains("•••") && journal.stdout.contains("seen"))
        }
    }
}
