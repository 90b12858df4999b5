import Glibc

/// The whole environment of the test run, for programs that tests start.
package enum ProcessEnvironment {
    package static var current: [String: String] {
        var variables: [String: String] = [:]
        var place = environ
        while let entry = place.pointee {
            let text = String(cString: entry)
            let name = text.prefix { $0 != "=" }
            if name.count < text.count { variables[String(name)] = String(text.dropFirst(name.count + 1)) }
            place = place.advanced(by: 1)
        }
        return variables
    }
}
