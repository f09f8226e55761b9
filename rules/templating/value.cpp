#include "rules/templating/value.h"

#include <fmt/format.h>

#include <chrono>

namespace outrider::rules::templating {

std::string_view type_name(const Value& value) noexcept {
    struct Name {
        std::string_view operator()(const Nothing&) const { return "<nil>"; }
        std::string_view operator()(bool) const { return "bool"; }
        std::string_view operator()(std::int64_t) const { return "int"; }
        std::string_view operator()(double) const { return "float64"; }
        std::string_view operator()(const std::string&) const { return "string"; }
        std::string_view operator()(const Labels*) const { return "map[string]string"; }
        std::string_view operator()(const std::shared_ptr<const Fields>&) const { return "map[string]interface {}"; }
        std::string_view operator()(const Timestamp&) const { return "*time.Time"; }
        std::string_view operator()(const TemplateData*) const {
            return "struct { Labels map[string]string; ExternalLabels map[string]string; ExternalURL string; Value "
                   "float64 }";
        }
    };
    return std::visit(Name{}, value);
}

bool is_true(const Value& value) noexcept {
    struct Truth {
        bool operator()(const Nothing&) const { return false; }
        bool operator()(bool v) const { return v; }
        bool operator()(std::int64_t v) const { return v != 0; }
        bool operator()(double v) const { return v != 0; }
        bool operator()(const std::string& v) const { return !v.empty(); }
        bool operator()(const Labels* v) const { return !v->empty(); }
        bool operator()(const std::shared_ptr<const Fields>& v) const { return !v->of.empty(); }
        bool operator()(const Timestamp&) const { return true; }
        bool operator()(const TemplateData*) const { return true; }
    };
    return std::visit(Truth{}, value);
}

std::string to_string(Timestamp time) {
    using namespace std::chrono;
    const milliseconds since{time.milliseconds};
    const auto day = floor<days>(since);
    const year_month_day date{sys_days{day}};
    const hh_mm_ss clock{since - day};
    auto text = fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", static_cast<int>(date.year()),
                            static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                            clock.hours().count(), clock.minutes().count(), clock.seconds().count());
    if (const auto fraction = clock.subseconds().count(); fraction != 0) {
        text += fmt::format(".{:03}", fraction);
        while (text.back() == '0') text.pop_back();
    }
    return text + " +0000 UTC";
}

}  // namespace outrider::rules::templating
