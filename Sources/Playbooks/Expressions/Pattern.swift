import CPCRE2
import Values

/// A compiled regular expression (PCRE2 with JIT), read as Python's `re` reads it where the two differ: `\Z`, `{,n}`.
///
/// Matching is bounded by the limits of `ExpressionLimits`; a pattern that hits them fails with an error, not with "no match".
final class Pattern {
    struct Options: Hashable {
        var ignoreCase = false
        var multiline = false
    }

    /// A match: byte ranges of the whole and of each group, nil for a group that took no part.
    typealias Match = [Range<Int>?]

    private let code: OpaquePointer
    private let context: OpaquePointer?
    private let data: OpaquePointer?
    let groupCount: Int

    init(_ pattern: String, options: Options = Options()) throws {
        guard pattern.utf8.count <= ExpressionLimits.regexLength else {
            throw ExpressionFailure(.value, "the pattern has more than \(ExpressionLimits.regexLength) bytes")
        }
        var flags = PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C
        if options.ignoreCase { flags |= PCRE2_CASELESS }
        if options.multiline { flags |= PCRE2_MULTILINE }
        var number: Int32 = 0
        var place = 0
        let settings = pcre2_compile_context_create_8(nil)
        defer { pcre2_compile_context_free_8(settings) }
        _ = pcre2_set_newline_8(settings, UInt32(PCRE2_NEWLINE_LF))
        let bytes = Array(Self.translate(pattern).utf8)
        guard let code = pcre2_compile_8(bytes, bytes.count, UInt32(flags), &number, &place, settings) else {
            var buffer = [UInt8](repeating: 0, count: 256)
            _ = pcre2_get_error_message_8(number, &buffer, buffer.count)
            let message = String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self)
            throw ExpressionFailure(.value, "the pattern is wrong at character \(place + 1): \(message)")
        }
        self.code = code
        // Without JIT (a locked-down kernel) the interpreter does the same work.
        _ = pcre2_jit_compile_8(code, UInt32(PCRE2_JIT_COMPLETE))
        context = pcre2_match_context_create_8(nil)
        _ = pcre2_set_match_limit_8(context, ExpressionLimits.regexMatchLimit)
        _ = pcre2_set_depth_limit_8(context, ExpressionLimits.regexDepthLimit)
        _ = pcre2_set_heap_limit_8(context, ExpressionLimits.regexHeapKiB)
        data = pcre2_match_data_create_from_pattern_8(code, nil)
        var count: UInt32 = 0
        _ = pcre2_pattern_info_8(code, UInt32(PCRE2_INFO_CAPTURECOUNT), &count)
        groupCount = Int(count)
    }

    deinit {
        pcre2_match_data_free_8(data)
        pcre2_match_context_free_8(context)
        pcre2_code_free_8(code)
    }

    private static func translate(_ pattern: String) -> String {
        var result = String.UnicodeScalarView()
        var escaped = false
        var inClass = false
        var previous: Unicode.Scalar?
        for scalar in pattern.unicodeScalars {
            if escaped {
                result.append(scalar == "Z" && !inClass ? "z" : scalar)
                escaped = false
            } else {
                if scalar == ",", previous == "{", !inClass { result.append("0") }
                if scalar == "[" { inClass = true } else if scalar == "]" { inClass = false }
                result.append(scalar)
                escaped = scalar == "\\"
            }
            previous = scalar
        }
        return String(result)
    }

    /// The group that a name stands for.
    func group(named name: String) -> Int? {
        let number = pcre2_substring_number_from_name_8(code, Array(name.utf8) + [0])
        return number > 0 ? Int(number) : nil
    }

    func first(in text: String, anchored: Bool = false) throws -> Match? {
        try match(Array(text.utf8), from: 0, anchored ? PCRE2_ANCHORED : 0)
    }

    /// All matches from left to right. After an empty one the next is not empty at the same place, as in Python.
    func matches(in text: String, limit: Int) throws -> [Match] {
        let bytes = Array(text.utf8)
        var found: [Match] = []
        var place = 0
        var options: UInt32 = 0
        while found.count < limit, let match = try match(bytes, from: place, options), let whole = match[0] {
            found.append(match)
            guard found.count <= ExpressionLimits.listLength else { throw Budget.list() }
            place = whole.upperBound
            options = whole.isEmpty ? PCRE2_NOTEMPTY_ATSTART : 0
        }
        return found
    }

    private func match(_ bytes: [UInt8], from start: Int, _ options: UInt32) throws -> Match? {
        let result = bytes.withUnsafeBufferPointer { buffer in
            // An empty array has no address; PCRE2 wants one.
            var nothing: UInt8 = 0
            return withUnsafePointer(to: &nothing) { fallback in
                pcre2_match_8(
                    code, buffer.baseAddress ?? fallback, buffer.count, start, options | PCRE2_NO_UTF_CHECK, data,
                    context)
            }
        }
        guard result != PCRE2_ERROR_NOMATCH else { return nil }
        guard result > 0, let offsets = pcre2_get_ovector_pointer_8(data) else {
            switch result {
            case PCRE2_ERROR_MATCHLIMIT, PCRE2_ERROR_DEPTHLIMIT, PCRE2_ERROR_HEAPLIMIT, PCRE2_ERROR_JIT_STACKLIMIT:
                throw ExpressionFailure(
                    .budget, "the pattern takes too many steps on this text",
                    hint: "avoid nested repetition such as (a+)+")
            default: throw ExpressionFailure(.value, "the pattern failed (PCRE2 error \(result))")
            }
        }
        return (0...groupCount).map { group in
            let from = offsets[2 * group]
            let to = offsets[2 * group + 1]
            // A group that took no part has the offset PCRE2_UNSET, here -1.
            return group < result && from >= 0 && from <= to && to <= bytes.count ? from..<to : nil
        }
    }
}
