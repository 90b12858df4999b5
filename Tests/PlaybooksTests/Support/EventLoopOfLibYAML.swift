import CLibYAML

/// libyaml's own loop over its events, with nothing done: what reading costs at least.
enum EventLoopOfLibYAML {
    static func count(_ bytes: [UInt8]) -> Int {
        var parser = yaml_parser_t()
        guard yaml_parser_initialize(&parser) == 1 else { return 0 }
        defer { yaml_parser_delete(&parser) }
        return bytes.withUnsafeBufferPointer { buffer in
            yaml_parser_set_input_string(&parser, buffer.baseAddress, buffer.count)
            var event = yaml_event_t()
            var count = 0
            while yaml_parser_parse(&parser, &event) == 1 {
                count += 1
                let ended = event.type == YAML_STREAM_END_EVENT
                yaml_event_delete(&event)
                if ended { break }
            }
            return count
        }
    }
}
