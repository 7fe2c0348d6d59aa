// The shape of android.content, as far as the Android project uses it.
package android.content

import android.content.res.AssetFileDescriptor
import android.net.Uri
import java.io.File
import java.io.InputStream

open class Context(val filesDir: File) {
    val cacheDir: File = File(filesDir.absoluteFile.parentFile, "cache")
    val packageName: String = "com.example"
    val packageManager = PackageManager()
    val contentResolver = ContentResolver()
    val applicationContext: Context
        get() = this

    fun startActivity(intent: Intent) {
        require(intent.action.isNotEmpty())
    }

    fun getString(resId: Int): String = "string $resId"
}

class PackageInfo {
    val versionName: String? = "1.0"
}

class PackageManager {
    fun getPackageInfo(packageName: String, flags: Int): PackageInfo = PackageInfo().also { require(flags == 0) }
}

class ContentResolver {
    fun openInputStream(uri: Uri): InputStream? = uri.file.inputStream()

    fun openAssetFileDescriptor(uri: Uri, mode: String): AssetFileDescriptor? =
        AssetFileDescriptor(uri.file.length()).takeIf { mode == "r" }
}

class Intent(val action: String) {
    var data: Uri? = null
    val extras = mutableMapOf<String, String>()
    var mime = ""

    fun addCategory(category: String): Intent = also { extras["category"] = category }

    fun setType(type: String): Intent = also { mime = type }

    fun putExtra(name: String, value: String): Intent = also { extras[name] = value }

    companion object {
        const val ACTION_OPEN_DOCUMENT = "android.intent.action.OPEN_DOCUMENT"
        const val ACTION_SEND = "android.intent.action.SEND"
        const val CATEGORY_OPENABLE = "android.intent.category.OPENABLE"
        const val EXTRA_TEXT = "android.intent.extra.TEXT"

        fun createChooser(target: Intent, title: CharSequence): Intent = target.putExtra("title", title.toString())
    }
}
