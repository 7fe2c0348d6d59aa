// The shape of android.view, as far as the Android project uses it.
package android.view

open class View {
    var isEnabled = true
    var visibility = VISIBLE
    private var listener: ((View) -> Unit)? = null

    fun setOnClickListener(action: ((View) -> Unit)?) {
        listener = action
    }

    companion object {
        const val VISIBLE = 0
        const val GONE = 8
    }
}
