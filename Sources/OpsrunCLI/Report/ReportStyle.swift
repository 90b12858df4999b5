/// The style sheet of a report: light and dark by what the reader's system prefers, narrow screens, paper. Fonts are the
/// system's own; nothing is fetched.
enum ReportStyle {
    static let css = """
        :root{--ink:#1b2330;--soft:#5d6879;--faint:#6b7688;--page:#f4f6f9;--card:#fff;--line:#e2e7ee;--rule:#eef1f5;
        --good:#17845b;--goodbg:#e3f5ec;--bad:#c6303a;--badbg:#fde8e9;--warn:#a86400;--warnbg:#fdf1dc;
        --neutral:#4a5a75;--neutralbg:#e8edf5;--step:#3d74d8;--read:#a9b7cc;--gate:#2aa198;--unknown:#8a4fd0;
        --band:#f1f4f9;--a:#d9484f;--b:#e08a1e;--c:#3d74d8;--d:#7b5bd6;--okzone:#e6f5ee}
        @media (prefers-color-scheme:dark){:root{--ink:#e4e9f1;--soft:#a2adbd;--faint:#768296;--page:#10151d;
        --card:#181f2a;--line:#2b3544;--rule:#232c39;--good:#4cc38a;--goodbg:#143527;--bad:#ff6b72;--badbg:#42191d;
        --warn:#f0b13f;--warnbg:#3a2b10;--neutral:#a9b8d0;--neutralbg:#253044;--step:#6d9df0;--read:#56647a;
        --gate:#3fc1b4;--unknown:#b98af0;--band:#1f2835;--a:#ff6b72;--b:#f0a640;--c:#6d9df0;--d:#a78bf0;--okzone:#173528}}
        *{box-sizing:border-box}
        html{color-scheme:light dark}
        body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,
        "Helvetica Neue","DejaVu Sans",Arial,sans-serif;font-variant-numeric:tabular-nums;-webkit-text-size-adjust:100%}
        main{max-width:1080px;margin:0 auto;padding:28px 20px 56px}
        h1{font-size:27px;line-height:1.2;margin:0 0 6px;letter-spacing:-.01em}
        h2{font-size:17px;margin:34px 0 10px;letter-spacing:-.005em}
        h2 small{font-weight:400;color:var(--soft);font-size:13px;margin-left:6px}
        h3{font-size:14px;margin:0 0 2px}
        p{margin:0 0 10px}
        code,pre,.mono{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:12.5px}
        .card{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:18px 20px}
        header.card{padding:24px 26px;border-left:6px solid var(--neutral)}
        header.good{border-left-color:var(--good)}header.bad{border-left-color:var(--bad)}
        header.warning{border-left-color:var(--warn)}
        .badge{display:inline-block;padding:3px 12px;border-radius:99px;font-weight:650;font-size:14px;
        background:var(--neutralbg);color:var(--neutral)}
        .badge.good{background:var(--goodbg);color:var(--good)}.badge.bad{background:var(--badbg);color:var(--bad)}
        .badge.warning{background:var(--warnbg);color:var(--warn)}
        .badge.small{padding:1px 9px;font-size:12px}
        .sentence{font-size:16px;margin:10px 0 18px;overflow-wrap:anywhere}
        .glass{background:var(--bad);color:#fff;border-radius:12px;padding:12px 20px;margin:0 0 14px;font-weight:650}
        .note{color:var(--soft)}
        dl.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(235px,1fr));gap:12px 22px;margin:0}
        dl.facts dt{color:var(--soft);font-size:12px}
        dl.facts dd{margin:0;overflow-wrap:anywhere}
        dl.facts .wide{grid-column:1/-1}
        .tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin-top:14px}
        .tile{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:12px 16px}
        .tile b{display:block;font-size:25px;line-height:1.25;font-weight:650}
        .tile span{color:var(--soft);font-size:12.5px;display:block;line-height:1.35}
        .tile.good b{color:var(--good)}.tile.bad b{color:var(--bad)}.tile.warning b{color:var(--warn)}
        .alert{border-left:6px solid var(--bad)}
        .alert.warning{border-left-color:var(--warn)}
        .alert ul{margin:4px 0 0;padding-left:20px}
        .alert li{overflow-wrap:anywhere;margin:2px 0}
        .alert+.alert{margin-top:10px}
        svg{display:block;width:100%;height:auto;font-family:inherit}
        svg text{fill:var(--soft);font-size:11px}
        svg text.host{fill:var(--ink);font-size:12px}
        svg text.play{fill:var(--ink);font-size:12px;font-weight:650}
        .scroll{overflow-x:auto}
        .legend{display:flex;flex-wrap:wrap;gap:4px 18px;margin:10px 0 0;color:var(--soft);font-size:12.5px}
        .legend i{display:inline-block;width:12px;height:12px;border-radius:3px;margin-right:6px;vertical-align:-1px}
        .k-step{fill:var(--step);background:var(--step)}.k-read{fill:var(--read);background:var(--read)}
        .k-gate{fill:var(--gate);background:var(--gate)}.k-bad{fill:var(--bad);background:var(--bad)}
        .k-unknown{fill:var(--unknown);background:var(--unknown)}.k-open{fill:var(--warn);background:var(--warn)}
        .band{fill:var(--band)}.grid{stroke:var(--line);stroke-width:1}.gap{fill:var(--page)}
        .gapline{stroke:var(--faint);stroke-width:1;stroke-dasharray:3 3}
        .mark{stroke:var(--ink);stroke-width:1.2}.markhead{fill:var(--ink)}
        .charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(460px,1fr));gap:14px}
        .chart{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:14px 16px 12px;
        min-width:0;break-inside:avoid}
        .chart .head{display:flex;justify-content:space-between;gap:10px;align-items:baseline}
        .chart p{color:var(--soft);font-size:12.5px;margin:0 0 6px;overflow-wrap:anywhere}
        .chart .legend{margin-top:4px}
        .zone{fill:var(--okzone)}
        .line{fill:none;stroke-width:1.8;stroke-linejoin:round}
        .s0{stroke:var(--a)}.s1{stroke:var(--b)}.s2{stroke:var(--c)}.s3{stroke:var(--d)}
        i.s0{background:var(--a)}i.s1{background:var(--b)}i.s2{background:var(--c)}i.s3{background:var(--d)}
        circle.s0{fill:var(--a)}circle.s1{fill:var(--b)}circle.s2{fill:var(--c)}circle.s3{fill:var(--d)}
        table{border-collapse:collapse;width:100%;font-size:13.5px}
        th{text-align:left;color:var(--soft);font-weight:550;font-size:12px;padding:0 12px 6px 0;white-space:nowrap}
        td{padding:6px 12px 6px 0;border-top:1px solid var(--rule);vertical-align:top;overflow-wrap:anywhere}
        td.num,th.num{text-align:right;white-space:nowrap}
        td.tight{white-space:nowrap}
        #gates td:first-child{min-width:185px}#steps td:first-child{min-width:260px}
        td.bad{color:var(--bad);font-weight:600}
        tr.group td{background:var(--band);font-weight:600;padding-left:10px;border-radius:6px}
        td svg{width:110px;height:20px}
        .pill{display:inline-block;padding:0 8px;border-radius:99px;font-size:12px;font-weight:600;line-height:1.6;
        background:var(--neutralbg);color:var(--neutral);white-space:nowrap}
        .pill.ok,.pill.passed,.pill.granted{background:var(--goodbg);color:var(--good)}
        .pill.changed{background:color-mix(in srgb,var(--step) 16%,var(--card));color:var(--step)}
        .pill.bad{background:var(--badbg);color:var(--bad)}
        .pill.open{background:var(--warnbg);color:var(--warn)}
        details{margin-top:4px}
        summary{cursor:pointer;color:var(--soft);font-size:12.5px}
        pre{margin:6px 0 2px;padding:10px 12px;background:var(--band);border-radius:8px;overflow:auto;max-height:340px;
        white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.45}
        .why{color:var(--bad);font-size:13px;overflow-wrap:anywhere}
        .why.note{color:var(--soft)}
        a{color:var(--step)}
        footer{color:var(--faint);font-size:12.5px;margin-top:26px}
        @media (max-width:560px){main{padding:14px 10px 40px}.charts{grid-template-columns:1fr}header.card{padding:18px}}
        @media print{:root{--page:#fff;--card:#fff;--ink:#000;--soft:#444;--faint:#666;--line:#ccc;--rule:#ddd;
        --band:#f1f4f9;--okzone:#e6f5ee;--good:#17845b;--bad:#c6303a;--warn:#a86400;--goodbg:#e3f5ec;--badbg:#fde8e9;
        --warnbg:#fdf1dc;--neutral:#4a5a75;--neutralbg:#e8edf5;--step:#3d74d8;--read:#a9b7cc;--gate:#2aa198;
        --unknown:#8a4fd0;--a:#d9484f;--b:#e08a1e;--c:#3d74d8;--d:#7b5bd6}html{color-scheme:light}
        body{font-size:11pt;-webkit-print-color-adjust:exact;print-color-adjust:exact}main{max-width:none;padding:0}
        header.card,.alert,.tile,.chart,tr{break-inside:avoid}.scroll{overflow:visible}h2{break-after:avoid}pre{max-height:none}
        .charts{grid-template-columns:1fr 1fr}}
        """
}
