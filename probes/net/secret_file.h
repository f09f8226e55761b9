// Passwords, tokens and passphrases that stand in files, so that they can be rotated. Internal to this module.
#pragma once

#include <string>
#include <string_view>

#include "outrider/result.h"

namespace outrider::probes {

/// The file's text without the white space around it; at most 8 KiB of one line. Reads it anew each time and never
/// waits for a writer: a pipe is refused. The error says the path, what was wanted (`what`: "the password") and what
/// was found; never what is in the file.
[[nodiscard]] Result<std::string> read_secret_file(const std::string& path, std::string_view what);

}  // namespace outrider::probes
