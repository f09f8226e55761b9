// Keeps libavformat's DASH demuxer from pulling libxml2 away under another thread. Internal to this folder.
#pragma once

namespace outrider::probes {

/// To be called before a demuxer is opened; cheap to call again, any thread.
void guard_libxml();

}  // namespace outrider::probes
