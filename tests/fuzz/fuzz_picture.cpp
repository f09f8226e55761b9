// Any bytes as a coded picture, cut anywhere: what is found in it must not depend on the cuts. The first byte says how
// the picture is framed and where to cut.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "probes/meters/access_unit.h"
#include "probes/meters/on_fi.h"

using namespace outrider;
using namespace outrider::probes;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const NalFormat format{.coding = static_cast<VideoCoding>(data[0] % 3),
                           .length_size = static_cast<std::uint8_t>(data[0] / 3 % 5)};
    const bool keyframe = (data[0] & 0x80) != 0;
    const std::size_t step = data[0] % 29 + 1U;
    const std::span bytes{data + 1, size - 1};
    AccessUnitScan whole;
    whole.begin(format, keyframe);
    whole.feed(bytes);
    AccessUnitScan cut;
    for (int again = 0; again < 2; ++again) {  // nothing of a picture is left in the next
        cut.begin(format, keyframe);
        for (std::size_t at = 0; at < bytes.size(); at += step)
            cut.feed(bytes.subspan(at, std::min(step, bytes.size() - at)));
    }
    if (whole.fingerprint() != cut.fingerprint() || whole.keyframe() != cut.keyframe() ||
        whole.parameters() != cut.parameters() || whole.clock() != cut.clock())
        std::abort();
    if (whole.fingerprint() != 0 && !whole.keyframe()) std::abort();

    (void)read_user_data(bytes);
    OnFiReader script;
    script.feed(bytes);
    (void)script.clock();
    return 0;
}
