// The shape of android.os, as far as the Android project uses it; what is posted to a handler runs at once.
package android.os

class Bundle

object Build {
    const val MANUFACTURER = "Maker"
    const val MODEL = "Phone 1"

    @JvmField
    val SUPPORTED_ABIS: Array<String> = arrayOf("armeabi-v7a")

    object VERSION {
        const val RELEASE = "15"
        const val SDK_INT = 35
    }
}

class Looper private constructor() {
    companion object {
        private val main = Looper()

        fun getMainLooper(): Looper = main
    }
}

class Handler(private val looper: Looper) {
    fun post(work: Runnable): Boolean = synchronized(looper) {
        work.run()
        true
    }
}

object SystemClock {
    fun elapsedRealtime(): Long = System.nanoTime() / 1_000_000
}
