package import Values

/// Loads and checks a playbook: everything that can be wrong is found before anything runs.
///
/// All problems of all files are reported at once, each at the key or expression that is wrong, without complaints about what
/// only follows from one already made. What loads is a `Playbook` whose every name, type, argument, pattern and reference is
/// known to be right, with its parameters resolved.
package enum PlaybookLoader {
    /// A value for a parameter from outside the playbook.
    package struct ExtraVariable: Sendable {
        package enum Content: Sendable {
            /// Read by the parameter's declared type.
            case text(String)
            case value(Value)
        }

        package var name: String
        package var content: Content
        /// Where it comes from, for messages: `-e batch_size`, or a place in a file.
        package var span: SourceSpan

        package init(name: String, content: Content, at span: SourceSpan) {
            self.name = name
            self.content = content
            self.span = span
        }

        /// `-e name=text`.
        package init(name: String, text: String) {
            self.init(name: name, content: .text(text), at: SourceSpan(option: "-e \(name)"))
        }
    }

    package struct Options: Sendable {
        /// `--cluster`: which cluster is meant where neither the playbook nor the inventory decides.
        package var cluster: String?
        /// False for a lint: a required parameter without a value is no error then.
        package var requiresParameters: Bool
        /// False for a lint: tasks are checked and let go, and the plays are empty.
        package var keepsTasks: Bool
        /// Asked about each call whose names and types are right: what the action itself finds wrong with it.
        package var tryCall: (@Sendable (ActionCall) -> Diagnostic?)?
        /// Asked about each window: what is wrong with its times.
        package var tryWindow: (@Sendable (WindowSettings) -> [Diagnostic])?

        package init(
            cluster: String? = nil, requiresParameters: Bool = true, keepsTasks: Bool = true,
            tryCall: (@Sendable (ActionCall) -> Diagnostic?)? = nil,
            tryWindow: (@Sendable (WindowSettings) -> [Diagnostic])? = nil
        ) {
            self.cluster = cluster
            self.requiresParameters = requiresParameters
            self.keepsTasks = keepsTasks
            self.tryCall = tryCall
            self.tryWindow = tryWindow
        }
    }

    /// Loads the playbook at `path` against an inventory that was loaded before. Problems of the inventory are reported with
    /// those of the playbook.
    ///
    /// - `inventory`: nil when there is none; a playbook may then only name `localhost`.
    /// - `references`: every action that can be named.
    /// - `shippedGates`: YAML in the shape of a playbook's `gates:`; a gate that the playbook declares replaces the shipped one.
    /// - `extraVariables`: a later one of a name wins, so `-e` comes after a parameter file.
    package static func load(
        path: String, inventory: InventoryLoader.Outcome?, references: [ActionReference], shippedGates: String = "",
        files: FileAccess = .system, extraVariables: [ExtraVariable] = [], options: Options = Options()
    ) -> Result<Playbook, InvalidSource> {
        let reader = PlaybookReader(
            inventory: inventory, references: references, files: files, extraVariables: extraVariables,
            options: options)
        return reader.load(path: path, shippedGates: shippedGates)
    }
}
