#include "emulator.h"

#include <charconv>
#include <cmath>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace outrider::lab {
namespace {

// One reading is one packet; a burst of this many is taken before others get their turn.
constexpr int kPacketsPerTurn = 64;
constexpr std::size_t kMaxPacket = 65536;

std::vector<std::string_view> split(std::string_view line) {
    std::vector<std::string_view> words;
    while (!line.empty()) {
        const auto begin = line.find_first_not_of(" \t\r\n");
        if (begin == std::string_view::npos) break;
        line.remove_prefix(begin);
        const auto end = std::min(line.find_first_of(" \t\r\n"), line.size());
        words.push_back(line.substr(0, end));
        line.remove_prefix(end);
    }
    return words;
}

std::optional<double> number(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    if (!std::isfinite(value) || value < 0) return std::nullopt;
    return value;
}

Nanos micros(double value) { return Nanos(static_cast<Nanos::rep>(std::llround(value * 1e3))); }

void write_pipe(std::ostream& out, const LinkModel& model) {
    const Impairment& i = model.impairment();
    const LinkCounters& c = model.counters();
    out << "{\"delay_us\":" << i.delay.count() / 1000 << ",\"jitter_us\":" << i.jitter.count() / 1000
        << ",\"loss\":" << i.loss << ",\"ge_p\":" << i.ge_p << ",\"ge_r\":" << i.ge_r << ",\"ge_loss\":" << i.ge_loss
        << ",\"ge_good_loss\":" << i.ge_good_loss << ",\"rate_bps\":" << static_cast<std::uint64_t>(i.rate_bps)
        << ",\"queue_limit_bytes\":" << (i.rate_bps > 0 ? i.queue_limit() : 0)
        << ",\"blackhole\":" << (i.blackhole ? "true" : "false") << ",\"reorder\":" << (i.reorder ? "true" : "false")
        << ",\"packets_in\":" << c.in << ",\"packets_out\":" << c.out << ",\"bytes_out\":" << c.out_bytes
        << ",\"lost\":" << c.lost << ",\"lost_in_burst\":" << c.lost_in_burst << ",\"blackholed\":" << c.blackholed
        << ",\"queue_full\":" << c.queue_full << ",\"queued_bytes\":" << model.queued_bytes() << "}";
}

}  // namespace

std::optional<std::string> apply_setting(Impairment& impairment, std::string_view setting) {
    const auto equals = setting.find('=');
    const std::string_view key = setting.substr(0, equals);
    const auto value = equals == std::string_view::npos ? std::nullopt : number(setting.substr(equals + 1));
    const auto wrong = [&](std::string_view want) {
        return std::string(key) + ": want " + std::string(want) + ", got \"" + std::string(setting) + '"';
    };
    if (!value) return wrong("key=number");

    if (key == "delay_us")
        impairment.delay = micros(*value);
    else if (key == "jitter_us")
        impairment.jitter = micros(*value);
    else if (key == "rate_bps")
        impairment.rate_bps = *value;
    else if (key == "queue_bytes")
        impairment.queue_bytes = static_cast<std::size_t>(*value), impairment.queue_time.reset();
    else if (key == "queue_us")
        impairment.queue_time = micros(*value), impairment.queue_bytes.reset();
    else if (key == "blackhole")
        impairment.blackhole = *value != 0;
    else if (key == "reorder")
        impairment.reorder = *value != 0;
    else if (*value > 1)
        return wrong("a known key, or a fraction from 0 to 1");
    else if (key == "loss")
        impairment.loss = *value;
    else if (key == "ge_p")
        impairment.ge_p = *value;
    else if (key == "ge_r")
        impairment.ge_r = *value;
    else if (key == "ge_loss")
        impairment.ge_loss = *value;
    else if (key == "ge_good_loss")
        impairment.ge_good_loss = *value;
    else
        return wrong("a known key");
    return std::nullopt;
}

void Emulator::add_stage(const std::string& name) { (void)add_entry(name, true); }

void Emulator::add_link(const std::string& name, TunDevice up, TunDevice down, const std::string& via) {
    const Link* stage = via.empty() ? nullptr : find(via);
    if (!via.empty() && (stage == nullptr || !stage->is_stage)) throw std::invalid_argument("no stage " + via);
    const auto shared = stage == nullptr ? std::nullopt : std::optional(stage->pipes);  // add_entry moves links_

    const std::size_t index = add_entry(name, false);
    Link& link = links_[index];
    link.ends = {devices_.size(), devices_.size() + 1};
    devices_.push_back(std::move(up));
    devices_.push_back(std::move(down));
    link_of_device_.insert(link_of_device_.end(), 2, index);

    Route downwards{{link.pipes[kDown]}, link.ends[1]};
    Route upwards{{link.pipes[kUp]}, link.ends[0]};
    if (shared) {
        downwards.pipes.push_back((*shared)[kDown]);
        upwards.pipes.insert(upwards.pipes.begin(), (*shared)[kUp]);
    }
    routes_.push_back(std::move(downwards));
    routes_.push_back(std::move(upwards));
}

std::vector<int> Emulator::device_fds() const {
    std::vector<int> fds;
    for (const TunDevice& device : devices_) fds.push_back(device.fd());
    return fds;
}

void Emulator::read_device(std::size_t device, Nanos at) {
    std::array<std::uint8_t, kMaxPacket> buffer;
    for (int i = 0; i < kPacketsPerTurn; ++i) {
        const auto bytes = devices_[device].read(buffer);
        if (bytes.empty()) return;
        enter(bytes, device, at);
    }
}

void Emulator::advance(Nanos at) {
    // A packet that leaves a stage may enter a pipe that was already visited in this pass; it then has work
    // due at once, and the caller's timer brings us back.
    for (Pipe& pipe : pipes_) {
        ready_.clear();
        pipe.model.deliver(at, ready_);
        for (Packet& packet : ready_) forward(std::move(packet), at);
    }
}

std::optional<Nanos> Emulator::next_at() const {
    std::optional<Nanos> next;
    for (const Pipe& pipe : pipes_) {
        const auto due = pipe.model.next_at();
        if (due && (!next || *due < *next)) next = due;
    }
    return next;
}

std::string Emulator::command(std::string_view line, Nanos at) {
    const auto words = split(line);
    if (words.empty()) return "error: empty command";
    if (words[0] == "stats") return stats();
    if (words.size() < 2) return "error: want: VERB LINK …";
    Link* link = find(words[1]);
    if (link == nullptr) return "error: no link \"" + std::string(words[1]) + '"';
    if (words[0] == "reset") {
        if (link->is_stage) return "error: a stage has no connections of its own; reset the links through it";
        reset(*link);
        return "ok";
    }
    if (words.size() < 3 || (words[2] != "down" && words[2] != "up")) return "error: want: VERB LINK down|up …";
    Pipe& pipe = pipes_[link->pipes[words[2] == "down" ? kDown : kUp]];
    if (words[0] == "clear") {
        pipe.model.set(at, pipe.baseline);
        return "ok";
    }
    if (words[0] != "set" && words[0] != "baseline") return "error: no command \"" + std::string(words[0]) + '"';
    Impairment changed = pipe.model.impairment();
    for (std::size_t i = 3; i < words.size(); ++i) {
        if (const auto problem = apply_setting(changed, words[i])) return "error: " + *problem;
    }
    pipe.model.set(at, changed);
    if (words[0] == "baseline") pipe.baseline = changed;
    return "ok";
}

std::size_t Emulator::add_entry(const std::string& name, bool is_stage) {
    if (find(name) != nullptr) throw std::invalid_argument("link " + name + " exists already");
    // One generator per direction: what happens on one link does not change the chances of another.
    std::seed_seq mix{seed_, static_cast<std::uint64_t>(pipes_.size())};
    std::array<std::uint32_t, 4> seeds{};
    mix.generate(seeds.begin(), seeds.end());
    const std::size_t first = pipes_.size();
    for (std::size_t i = 0; i < 2; ++i) {
        const std::uint64_t seed = static_cast<std::uint64_t>(seeds[2 * i]) << 32U | seeds[2 * i + 1];
        pipes_.push_back({LinkModel(seed), Impairment{}});
    }
    links_.push_back({.name = name, .pipes = {first, first + 1}, .ends = {}, .flows = {}, .is_stage = is_stage});
    return links_.size() - 1;
}

Emulator::Link* Emulator::find(std::string_view name) {
    for (Link& link : links_) {
        if (link.name == name) return &link;
    }
    return nullptr;
}

void Emulator::enter(std::span<const std::uint8_t> bytes, std::size_t device, Nanos at) {
    Link& link = links_[link_of_device_[device]];
    if (const auto answer = link.flows.observe(bytes)) {
        if (!answer->rst.empty()) (void)devices_[device].write(answer->rst);
        return;
    }
    Packet packet{.bytes = {bytes.begin(), bytes.end()}, .route = static_cast<std::uint32_t>(device), .stage = 0};
    pipes_[routes_[device].pipes[0]].model.offer(at, std::move(packet));
}

void Emulator::forward(Packet packet, Nanos at) {
    const Route& route = routes_[packet.route];
    if (++packet.stage < route.pipes.size()) {
        pipes_[route.pipes[packet.stage]].model.offer(at, std::move(packet));
    } else {
        // A node that is not configured yet refuses packets; for a network that is loss.
        (void)devices_[route.device].write(packet.bytes);
    }
}

void Emulator::reset(Link& link) {
    const auto rsts = link.flows.reset_all();
    // Data still inside would move the ends on, past the sequence number of the RST.
    for (Pipe& pipe : pipes_) {
        pipe.model.discard([&](const Packet& packet) { return link.flows.is_doomed(packet.bytes); });
    }
    // The address decides nothing here: an RST is written at both ends, and the one it is not for has no such
    // connection and, as for any packet to a foreign address, drops it.
    for (const auto& rst : rsts) {
        for (const std::size_t device : link.ends) (void)devices_[device].write(rst);
    }
}

std::string Emulator::stats() const {
    std::ostringstream out;
    out << '{';
    for (const Link& link : links_) {
        if (&link != links_.data()) out << ',';
        out << '"' << link.name << "\":{\"down\":";
        write_pipe(out, pipes_[link.pipes[kDown]].model);
        out << ",\"up\":";
        write_pipe(out, pipes_[link.pipes[kUp]].model);
        out << '}';
    }
    out << '}';
    return out.str();
}

}  // namespace outrider::lab
