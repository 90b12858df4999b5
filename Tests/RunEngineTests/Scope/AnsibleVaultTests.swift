import RunEngine
import Testing

/// Against files that ansible-vault of ansible-core has written.
@Suite struct AnsibleVaultTests {
    private static let password = Array("hush hush".utf8)

    static let plain = """
        $ANSIBLE_VAULT;1.1;AES256
        38623732613930396335376631373766613963396662336539616139353663613536656530666638
        3164313638616531386437316261346461393262326230320a346439646466316564636631353430
        36336133383763306464633633366364313963316566393963643965643265646162666562633038
        3866643433346339630a346132623261393931626332316630323638663165333666303830626664
        3264
        """

    static let labelled = """
        $ANSIBLE_VAULT;1.2;AES256;prod
        38346562313038363963666239353234356261383730663139643463346563633331323935623961
        3166366564346635353261353638363533336132386364660a383231653333373162386234373239
        34306237636435396330383637616232656131356438383666393938356239356436323963383239
        6535353334636664370a323333353766376263613862316538313764336163343937373533363863
        6130
        """

    private func decrypt(_ text: String, _ password: [UInt8] = password) throws -> String {
        String(decoding: try AnsibleVault.decrypt(Array(text.utf8), password: password), as: UTF8.self)
    }

    @Test func `files of both versions are read, whatever their line ends`() throws {
        for text in [Self.plain, Self.labelled, Self.plain.replacing("\n", with: "\r\n"), Self.plain + "\n"] {
            #expect(try decrypt(text) == "plain secret\n")
        }
    }

    @Test func `another password, and any changed byte, is found`() throws {
        #expect(throws: AnsibleVault.Failure.wrongPassword) { try decrypt(Self.plain, Array("hush".utf8)) }
        #expect(throws: AnsibleVault.Failure.wrongPassword) { try decrypt(Self.plain, []) }
        let bytes = Array(Self.plain.utf8)
        for index in bytes.indices.dropFirst(28) {
            var changed = bytes
            changed[index] ^= 1
            guard changed[index] != UInt8(ascii: "\n"), bytes[index] != UInt8(ascii: "\n") else { continue }
            #expect(throws: AnsibleVault.Failure.self, "\(index)") {
                try AnsibleVault.decrypt(changed, password: Self.password)
            }
        }
        for count in 0..<bytes.count {
            #expect(throws: AnsibleVault.Failure.self, "\(count)") {
                try AnsibleVault.decrypt(Array(bytes.prefix(count)), password: Self.password)
            }
        }
    }
}
