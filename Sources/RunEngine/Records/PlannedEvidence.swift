import EventLoop
import Values

/// Compares the plan and the sources in a run's folder with the digests that stand on the chain.
enum PlannedEvidence {
    /// The plan's digest stands in the run's record, the digests of the sources in the plan.
    static func differences(of run: AuditReport.Run, _ store: RunStore) -> [AuditReport.Finding] {
        guard let digest = run.opened["plan_digest"]?.stringValue, !digest.isEmpty else { return [] }
        let path = "\(store.folder(of: run.id))/plan.json"
        func finding(_ file: String, _ message: String) -> AuditReport.Finding {
            .init(file: file, line: nil, message: message)
        }
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try store.storage.read(path)
        } catch {
            return [finding(path, error.isMissing ? "the plan is missing" : "the plan cannot be read: \(error.reason)")]
        }
        guard let plan = (try? JSON.parse(bytes))?.mapValue else { return [finding(path, "it is no plan")] }
        guard plan["digest"]?.stringValue == digest, Plan.digest(of: plan) == digest else {
            return [finding(path, "the plan is not the one that was run: its digest is another")]
        }
        var findings: [AuditReport.Finding] = []
        let folder = "\(store.folder(of: run.id))/sources"
        for (index, source) in (plan["sources"]?.listValue ?? []).enumerated() {
            let file = "\(folder)/\(RunStore.sourceName(index, source["path"]?.stringValue ?? ""))"
            do throws(SystemError) {
                guard Digest.sha256(try store.storage.read(file)) != source["sha256"]?.stringValue else { continue }
                findings.append(finding(file, "the source is not the one that the plan was made from"))
            } catch {
                findings.append(
                    finding(file, error.isMissing ? "the source is missing" : "it cannot be read: \(error.reason)"))
            }
        }
        return findings
    }
}
