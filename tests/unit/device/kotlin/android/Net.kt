// The shape of android.net, as far as the Android project uses it; an address here is a file.
package android.net

import java.io.File

class Uri(val file: File)
