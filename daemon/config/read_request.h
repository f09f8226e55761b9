// The part of the schema that says how a stream is asked for: the blocks `http` and `srt`, at the top and of a stream.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "outrider/request_options.h"
#include "outrider/setting_value.h"
#include "outrider/settings_reader.h"

namespace outrider::app {

[[nodiscard]] bool has_control_character(std::string_view text);

/// Names and values of one line each. Values are secrets.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> read_headers(const SettingValue& map);

/// Reads `http` and `srt` of the map behind `reader`; what they leave out is as in `otherwise`, where `basic_auth` and
/// `authorization` are one setting. Paths become relative to the configuration's folder. `protocol` is the stream's:
/// what it cannot use is reported; empty for the defaults of all streams.
[[nodiscard]] RequestOptions read_request(SettingsReader& reader, std::string_view protocol,
                                          const RequestOptions& otherwise);

}  // namespace outrider::app
