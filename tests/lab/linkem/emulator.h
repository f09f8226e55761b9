// All links of one lab: TUN devices at the ends, a model per direction in between, and the commands that
// change them. Takes the time as an argument; the loop that calls it is in main.cpp.
//
// A link joins an upstream namespace with a downstream one ("down" is towards the viewer). It may lead
// through a stage that other links share, as every path of a vantage leads through its uplink:
//
//   POP sin1 ── link path-v1-sin1 ──┐
//                                   ├── stage uplink-v1 ── vantage v1
//   POP fra1 ── link path-v1-fra1 ──┘
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "link_model.h"
#include "tcp_flows.h"
#include "tun_device.h"

namespace outrider::lab {

class Emulator {
public:
    /// Every random decision follows from `seed` and the packets.
    explicit Emulator(std::uint64_t seed) : seed_(seed) {}

    /// Adds a shared stage. Throws std::invalid_argument if the name is taken.
    void add_stage(const std::string& name);

    /// Adds a link with both devices; `via` is the name of a stage or empty. Throws std::invalid_argument or
    /// std::system_error.
    void add_link(const std::string& name, TunDevice up, TunDevice down, const std::string& via);

    /// File descriptors to watch for reading; the index is what `read_device` wants.
    [[nodiscard]] std::vector<int> device_fds() const;

    /// Takes the packets that wait in a device into their link.
    void read_device(std::size_t device, Nanos at);

    /// Moves everything that is due by `at`.
    void advance(Nanos at);

    /// When `advance` will next have something to do.
    [[nodiscard]] std::optional<Nanos> next_at() const;

    /// Executes one control line and returns the answer, `ok`, `error: …` or JSON:
    ///   set LINK down|up key=value…   change the given keys
    ///   baseline LINK down|up key=value…   the same, and what `clear` returns to
    ///   clear LINK down|up            back to the baseline
    ///   reset LINK                    end its TCP connections
    ///   stats                         settings and counters of every link
    std::string command(std::string_view line, Nanos at);

private:
    enum Direction : std::size_t { kDown = 0, kUp = 1 };
    struct Pipe {  // one direction of a link or stage
        LinkModel model;
        Impairment baseline;
    };
    struct Link {
        std::string name;
        std::array<std::size_t, 2> pipes;  // index into pipes_, by Direction
        std::array<std::size_t, 2> ends;   // device at the upstream and at the downstream end; unused for a stage
        TcpFlows flows;
        bool is_stage = false;
    };
    struct Route {
        std::vector<std::size_t> pipes;  // to pass, in order
        std::size_t device;              // to leave by
    };

    [[nodiscard]] std::size_t add_entry(const std::string& name, bool is_stage);
    Link* find(std::string_view name);
    void enter(std::span<const std::uint8_t> bytes, std::size_t device, Nanos at);
    void forward(Packet packet, Nanos at);
    void reset(Link& link);
    [[nodiscard]] std::string stats() const;

    std::uint64_t seed_;
    std::vector<Pipe> pipes_;
    std::vector<Link> links_;
    std::vector<TunDevice> devices_;
    std::vector<Route> routes_;  // routes_[d] leads away from device d
    std::vector<std::size_t> link_of_device_;
    std::vector<Packet> ready_;  // reused by advance
};

/// Changes `impairment` by one `key=value` with plain numbers (delay_us, jitter_us, loss, ge_p, ge_r, ge_loss,
/// ge_good_loss, rate_bps, queue_bytes, queue_us, blackhole, reorder). Returns what is wrong, or nullopt.
[[nodiscard]] std::optional<std::string> apply_setting(Impairment& impairment, std::string_view setting);

}  // namespace outrider::lab
