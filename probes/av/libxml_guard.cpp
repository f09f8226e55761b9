#include "probes/av/libxml_guard.h"

extern "C" {

/// FFmpeg 5.1's DASH demuxer ends each reading of a manifest with xmlCleanupParser(), which frees what libxml2 holds
/// for the whole process: with two such streams one thread frees what the other is parsing with ("double free or
/// corruption"). A function of the program comes before that of a library, so libavformat calls this one, and what
/// libxml2 holds stays until the process ends, as it is meant to.
__attribute__((visibility("default"))) void xmlCleanupParser();  // NOLINT(readability-identifier-naming): libxml2's
void xmlCleanupParser() {}                                       // NOLINT(readability-identifier-naming)
}

namespace outrider::probes {

/// Its call makes the linker take this file, and the function above with it.
void guard_libxml() {}

}  // namespace outrider::probes
